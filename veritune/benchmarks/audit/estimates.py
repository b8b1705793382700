"""What labels say of a verifier: how much of what it accepts is wrong, and what it misses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from veritune.benchmarks.audit.labels import (
    SCORED,
    AuditRow,
    ScoredOutcome,
    read_labels,
)
from veritune.benchmarks.audit.stratified import Proportion, Stratum, proportion, score_interval

# Two-sided quantiles of the normal distribution, of 95% and of 97.5%.
Z95, Z975 = 1.959963984540054, 2.241402727604945
# What counts as the verifier's mistake.
MISTAKE = {"passed": "wrong", "failed": "right"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEstimate:
    """Rates of mistakes with 95% intervals.

    `wrong_passed` is the share of wrong ones among those that passed, `right_failed` of right ones
    among those that failed. `false_accepts` is the share of wrong solutions that pass, and
    `false_rejects` of right solutions that fail. `missing` candidates are in strata without any
    label. `more` is how many labels of each outcome are lacking for the wanted half-width.
    """

    strata: dict[ScoredOutcome, list[Stratum]]
    population: dict[ScoredOutcome, int]
    wrong_passed: Proportion
    right_failed: Proportion
    false_accepts: Proportion
    false_rejects: Proportion
    missing: dict[ScoredOutcome, int]
    more: dict[ScoredOutcome, int]


def estimate_audit(path: str, *, half_width: float) -> AuditEstimate:
    """The rates from a labelled file; raises `RecordError` for a row that is not right.

    With P and F candidates that passed and failed, a the share of wrong ones among the former and r
    of right ones among the latter, wrong solutions are a P + (1 - r) F in all, so
    false accepts = a P / (a P + (1 - r) F) and false rejects = r F / (r F + (1 - a) P). Both rise
    with a and with r: their intervals are the values at the lower and at the upper ends of the
    97.5% intervals of a and r, which both hold at once in at least 95% of samples (Bonferroni).
    """
    rows = read_labels(path)
    population = rows[0].population
    strata = {outcome: _strata(rows, outcome) for outcome in SCORED}
    wrong_passed, right_failed = (proportion(strata[one], Z95) for one in SCORED)
    a, r = (proportion(strata[one], Z975) for one in SCORED)
    passed, failed = population["passed"], population["failed"]
    labelled = {one: sum(s.size for s in strata[one] if s.n) for one in SCORED}
    return AuditEstimate(
        strata=strata,
        population=population,
        wrong_passed=wrong_passed,
        right_failed=right_failed,
        false_accepts=_ratio(a, r, passed, failed),
        false_rejects=_ratio(r, a, failed, passed),
        missing={one: population[one] - labelled[one] for one in SCORED},
        more={
            "passed": _more(wrong_passed, strata["passed"], population["passed"], half_width),
            "failed": _more(right_failed, strata["failed"], population["failed"], half_width),
        },
    )


def _strata(rows: Sequence[AuditRow], outcome: ScoredOutcome) -> list[Stratum]:
    own = [row for row in rows if row.outcome == outcome]
    sizes = {row.stratum: row.size for row in own}
    labels = Counter(row.stratum for row in own if row.label)
    hits = Counter(row.stratum for row in own if row.label == MISTAKE[outcome])
    return [
        Stratum(name=name, size=size, n=labels[name], hits=hits[name])
        for name, size in sorted(sizes.items())
    ]


def _ratio(mine: Proportion, other: Proportion, own: int, others: int) -> Proportion:
    """mine own / (mine own + (1 - other) others)."""

    def at(mine: float, other: float) -> float | None:
        hits, rest = mine * own, (1 - other) * others
        return hits / (hits + rest) if hits + rest else None

    value = None
    if (mine.value is not None or not own) and (other.value is not None or not others):
        value = at(mine.value or 0.0, other.value or 0.0)
    low, high = at(mine.low, other.low), at(mine.high, other.high)
    return Proportion(
        value=value,
        low=0.0 if low is None or value is None else low,
        high=1.0 if high is None or value is None else high,
        effective=min(mine.effective, other.effective),
    )


def _more(found: Proportion, strata: Sequence[Stratum], size: int, half_width: float) -> int:
    """How many more labels, drawn as these were, the interval needs to be that narrow.

    The share is taken to stay, and a label to be worth what it is now; not more than there are.
    """
    labels = sum(one.n for one in strata)
    # Without any label a half is the share that needs most, and a label is worth one.
    share = 0.5 if found.value is None else found.value
    worth = found.effective / labels if labels else 1.0
    if found.high - found.low <= 2 * half_width:
        return 0
    low, high = labels, size
    while low < high:
        middle = (low + high) // 2
        ends = score_interval(share, max(1.0, middle * worth), Z95)
        if ends[1] - ends[0] <= 2 * half_width:
            high = middle
        else:
            low = middle + 1
    return low - labels
