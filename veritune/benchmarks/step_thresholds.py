"""Scores of steps: thresholds chosen on one file and used on others, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from veritune.benchmarks.steps import CheckedSolution, labelled_steps, scores
from veritune.records import StepLabel, StepVerdict

# Guo et al. take 15; with the few hundred steps of most files ten are steadier.
BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far scores are from how often steps are right; None where there are no scores.

    `ece` is the expected calibration error over ten bins of equal width (Guo et al. 2017, arXiv
    1706.04599), `brier` the mean squared error.
    """

    steps: int
    ece: float | None
    brier: float | None


def calibration(checked: Sequence[CheckedSolution]) -> Calibration:
    """Of all labelled steps that have a score."""
    pairs = [
        (verdict.score, float(at != item.solution.first_error))
        for item in checked
        for at, verdict in enumerate(labelled_steps(item))
        if verdict.score is not None
    ]
    if not pairs:
        return Calibration(0, None, None)
    bins: dict[int, list[tuple[float, float]]] = {}
    for score, right in pairs:
        bins.setdefault(min(int(score * BINS), BINS - 1), []).append((score, right))
    gaps = [abs(sum(s for s, _ in rows) - sum(r for _, r in rows)) for rows in bins.values()]
    brier = sum((score - right) ** 2 for score, right in pairs) / len(pairs)
    return Calibration(len(pairs), sum(gaps) / len(pairs), brier)


def best_threshold(checked: Sequence[CheckedSolution]) -> float | None:
    """The threshold of the highest F1; None where no step has a score.

    A step is called incorrect below it. Candidates are the scores themselves.
    """
    seen = sorted({v.score for item in checked for v in item.verdicts if v.score is not None})
    if not seen:
        return None
    # In the middle between scores, so that equal scores never fall on both sides.
    middles = [0.0, *((a + b) / 2 for a, b in pairwise(seen)), 1.0]
    if len(middles) > MOST:
        middles = [middles[at * len(middles) // MOST] for at in range(MOST)]
    return max(middles, key=lambda at: scores(at_threshold(checked, at)).f1 or 0.0)


# Thresholds that are tried at most, spread over the scores.
MOST = 200


def at_threshold(checked: Sequence[CheckedSolution], threshold: float) -> list[CheckedSolution]:
    """The same verdicts with labels by another threshold, where a step has a score."""
    return [
        replace(item, verdicts=tuple(_relabelled(v, threshold) for v in item.verdicts))
        for item in checked
    ]


def _relabelled(verdict: StepVerdict, threshold: float) -> StepVerdict:
    if verdict.score is None:
        return verdict
    label: StepLabel = "verified" if verdict.score >= threshold else "incorrect"
    return replace(verdict, label=label)
