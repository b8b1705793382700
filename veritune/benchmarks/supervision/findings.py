"""What a study may say: its declared claims with their tests, and no gain that was not shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from veritune.benchmarks.supervision.plan import Contrast, Measure, StudyConfig
from veritune.benchmarks.supervision.results import RunResults, ratio
from veritune.benchmarks.supervision.statistics import (
    Difference,
    TableRatio,
    compare,
    equivalence,
    holm,
    mcnemar,
)

# Of all claims of a study together, after Holm.
ALPHA = 0.05
# More training on demonstrations: what an arm must beat before its verdicts have taught it
# anything.
CONTROL = "more-sft"
TITLES: dict[Measure, str] = {
    "pass_at_1": "pass@1",
    "trace_error": "trace error among right answers",
    "longer_pass_at_1": "pass@1 on harder problems",
    "length": "tokens a solution",
    "best_of_n": "right picks among n",
}
OF_ARMS: tuple[Measure, ...] = ("pass_at_1", "trace_error", "longer_pass_at_1", "length")
Arms = Mapping[str, Sequence[RunResults]]
# Reranker -> right picks among all n candidates, by seed and problem.
Picks = Mapping[str, TableRatio]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimResult:
    """One claim after its test. `p` is adjusted for all claims of the study (Holm)."""

    contrast: Contrast
    difference: Difference
    raw_p: float
    p: float
    held: bool
    # McNemar's p-value of each seed's pair of policies; only for pass@1.
    by_seed: list[float]
    text: str


def tested_claims(study: StudyConfig, arms: Arms, picks: Picks) -> list[ClaimResult]:
    """Test every contrast whose two arms have runs; the p-values are adjusted together."""
    drawn: list[tuple[Contrast, Difference, float]] = []
    for contrast in study.contrasts:
        found = _picked(picks, contrast) or _difference(arms, contrast)
        if found is not None:
            raw = found.p
            if contrast.claim == "equal":
                raw = equivalence(found, contrast.margin)
            drawn.append((contrast, found, raw))
    adjusted = holm([raw for _, _, raw in drawn])
    return [
        ClaimResult(
            contrast=contrast,
            difference=difference,
            raw_p=raw,
            p=p,
            held=p < ALPHA,
            by_seed=_by_seed(arms, contrast),
            text=_said(contrast, difference, held=p < ALPHA),
        )
        for (contrast, difference, raw), p in zip(drawn, adjusted, strict=True)
    ]


def _picked(picks: Picks, contrast: Contrast) -> Difference | None:
    if contrast.measure != "best_of_n" or not {contrast.a, contrast.b} <= set(picks):
        return None
    return compare(picks[contrast.a], picks[contrast.b])


def verdicts(arms: Arms) -> list[str]:
    """One sentence for each arm that trains on verdicts, refusing what was not shown."""
    out = []
    for arm in arms:
        if arm in (CONTROL, "sft"):
            continue
        found = _difference(arms, Contrast(a=arm, b=CONTROL))
        if found is None:
            continue
        size = f"{100 * found.mean:+.1f} points of pass@1 ({_span(found)})"
        if found.low > 0:
            out.append(f"{arm} beats {CONTROL} by {size}.")
        else:
            out.append(f"{arm}: no gain over {CONTROL} was shown; the difference is {size}.")
    return out


def _difference(arms: Arms, contrast: Contrast) -> Difference | None:
    a, b = arms.get(contrast.a, ()), arms.get(contrast.b, ())
    # Pairs of seeds: an arm that is not finished yet is compared over what both have.
    seeds = min(len(a), len(b))
    if not seeds:
        return None
    names = [
        set(run_result.longer if contrast.measure.startswith("longer") else run_result.test)
        for run_result in a
    ]
    if not set().union(*names):
        return None
    found = compare(ratio(a[:seeds], contrast.measure), ratio(b[:seeds], contrast.measure))
    return None if math.isnan(found.mean) else found


def _by_seed(arms: Arms, contrast: Contrast) -> list[float]:
    if contrast.measure != "pass_at_1":
        return []
    out = []
    for a, b in zip(arms[contrast.a], arms[contrast.b], strict=False):
        names = sorted(set(a.first_right) & set(b.first_right))
        out.append(mcnemar([a.first_right[n] for n in names], [b.first_right[n] for n in names]))
    return out


def _said(contrast: Contrast, found: Difference, *, held: bool) -> str:
    what = TITLES[contrast.measure]
    if contrast.claim == "equal":
        verb = "equals" if held else "was not shown to equal"
        margin = f"within {100 * contrast.margin:g} points"
        return f"{contrast.a} {verb} {contrast.b} in {what} {margin}"
    if not held:
        return f"no difference between {contrast.a} and {contrast.b} in {what} was shown"
    return f"{contrast.a} is {'higher' if found.mean > 0 else 'lower'} than {contrast.b} in {what}"


def _span(found: Difference) -> str:
    return f"95% interval {100 * found.low:+.1f} to {100 * found.high:+.1f}"
