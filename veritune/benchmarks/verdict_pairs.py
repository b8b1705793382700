"""Two sets of verdicts on the same candidates: where they agree, and where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

from veritune.benchmarks.mcnemar import mcnemar
from veritune.errors import RecordError
from veritune.files import iter_records
from veritune.records import Outcome, Verdict
from veritune.report import Rate, wilson
from veritune.text import shown

VerdictKey = tuple[str, int]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "error")
# Two-sided 95% quantile of the normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A candidate on which two verdicts differ."""

    problem_id: str
    index: int
    outcomes: tuple[Outcome, Outcome]
    reasons: tuple[str, str]

    def to_json(self) -> dict[str, object]:
        """As one line of a file."""
        a, b = (
            {"outcome": outcome, "reason": reason}
            for outcome, reason in zip(self.outcomes, self.reasons, strict=True)
        )
        return {"problem_id": self.problem_id, "index": self.index, "a": a, "b": b}


@dataclass(slots=True)
class VerdictComparison:
    """Counts of the candidates that both sets have a verdict on.

    Rates, difference and test are of those to which neither has a verifier error.
    """

    outcomes: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)
    only: tuple[int, int] = (0, 0)
    # By problem: passed in A, passed in B, how many have two scores.
    by_problem: dict[str, list[int]] = field(default_factory=dict)

    @property
    def shared(self) -> int:
        """How many candidates are in both."""
        return self.outcomes.total()

    @property
    def agreement(self) -> Rate:
        """The share of the shared candidates with the same outcome, verifier errors included."""
        same = sum(self.outcomes[one, one] for one in OUTCOMES)
        return wilson(same / self.shared, self.shared)

    @property
    def scored(self) -> int:
        """How many have a score in both."""
        return sum(count for pair, count in self.outcomes.items() if "error" not in pair)

    @property
    def pass_rates(self) -> tuple[Rate, Rate]:
        """Of the candidates with two scores, each with its 95% Wilson interval."""
        n, both = self.scored, self.outcomes["passed", "passed"]
        passed = (both + self.only_passed[0], both + self.only_passed[1])
        return wilson(passed[0] / n if n else 0.0, n), wilson(passed[1] / n if n else 0.0, n)

    @property
    def only_passed(self) -> tuple[int, int]:
        """How many passed in A and failed in B, and the other way round."""
        return self.outcomes["passed", "failed"], self.outcomes["failed", "passed"]

    @property
    def p_value(self) -> float:
        """McNemar's exact test of `only_passed`; it takes candidates for independent."""
        return mcnemar(*self.only_passed)

    def difference(self) -> tuple[float, float, float] | None:
        """Pass rate of B less that of A, with a 95% interval that knows that the candidates of a
        problem are alike; None for fewer than two problems.

        With d_j the difference in passes and m_j the candidates of problem j of J: d = sum d_j /
        sum m_j, and its variance J / (J - 1) sum (d_j - d m_j)^2 / (sum m_j)^2.
        Source: Cochran 1977, "Sampling Techniques", section 9A (clusters of unequal size).
        """
        groups = [(b - a, m) for a, b, m in self.by_problem.values() if m]
        total = sum(m for _, m in groups)
        if len(groups) < 2:
            return None
        mean = sum(d for d, _ in groups) / total
        spread = sum((d - mean * m) ** 2 for d, m in groups)
        half = Z95 * sqrt(len(groups) / (len(groups) - 1) * spread) / total
        # With few problems the normal approximation can reach beyond what a difference can be.
        return mean, max(-1.0, mean - half), min(1.0, mean + half)


def compare_verdicts(a: str, b: str) -> VerdictComparison:
    """Compare two files of verdicts on what they share, by problem and index.

    Raises `RecordError` where a file has two verdicts on one candidate, or nothing is shared.
    """
    first = _by_key(a)
    found = VerdictComparison()
    seen: set[VerdictKey] = set()
    for key, verdict in _keyed(b, seen):
        if key in first:
            _count(found, key, first[key], (verdict.outcome, verdict.reason))
    if not found.shared:
        raise RecordError(f"{b}: no verdict is on a candidate of {a}; compared by id and index")
    found.only = len(first) - found.shared, len(seen) - found.shared
    return found


def _by_key(path: str) -> Mapping[VerdictKey, tuple[Outcome, str]]:
    return {key: (one.outcome, one.reason) for key, one in _keyed(path, set())}


def _keyed(path: str, seen: set[VerdictKey]) -> Iterable[tuple[VerdictKey, Verdict]]:
    for verdict in iter_records(path, Verdict):
        key = verdict.problem_id, verdict.index
        if key in seen:
            raise RecordError(f"{path}: two verdicts on candidate {shown(key[0])} {key[1]}")
        seen.add(key)
        yield key, verdict
    if not seen:
        raise RecordError(f"{path}: empty; expected one Verdict a line")


def _count(
    found: VerdictComparison,
    key: VerdictKey,
    a: tuple[Outcome, str],
    b: tuple[Outcome, str],
) -> None:
    found.outcomes[a[0], b[0]] += 1
    if "error" not in (a[0], b[0]):
        row = found.by_problem.setdefault(key[0], [0, 0, 0])
        row[0] += a[0] == "passed"
        row[1] += b[0] == "passed"
        row[2] += 1
    if a[0] != b[0]:
        found.disagreements.append(
            Disagreement(
                problem_id=key[0], index=key[1], outcomes=(a[0], b[0]), reasons=(a[1], b[1])
            )
        )
