"""Reading the rerankers' results, over the seeds that are finished."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np

from veritune.benchmarks.supervision.plan import RERANKERS, StudyRecipe
from veritune.benchmarks.supervision.reranking import (
    SCORES,
    calibration,
    picked_right,
    read_scores,
)
from veritune.benchmarks.supervision.statistics import TableRatio
from veritune.report.intervals import Rate

OfSeed = dict[str, dict[int, dict[str, float]]]


@dataclass(frozen=True)
class RerankerResults:
    """By reranker: its curve over n, and its right picks at the largest n by seed and problem."""

    curves: dict[str, dict[int, Rate]] = field(default_factory=dict)
    at_most: dict[str, TableRatio] = field(default_factory=dict)
    calibration: dict[str, float] = field(default_factory=dict)


def rerank_folder(folder: Path, seed: int) -> Path:
    """Where a seed's rerankers and their candidates are."""
    return folder / f"rerank-{seed}"


def read_reranker_results(study: StudyRecipe, folder: Path) -> RerankerResults:
    """The finished seeds of a study's comparison of rerankers."""
    most = study.study.rerank
    ns = [1 << i for i in range(most.bit_length()) if 1 << i < most] + [most]
    seeds: list[OfSeed] = []
    errors: dict[str, list[float]] = {}
    for seed in range(1, study.study.seeds + 1):
        place = rerank_folder(folder, seed)
        if most and (place / SCORES).exists():
            verdicts, scores = read_scores(place)
            seeds.append(picked_right(verdicts, scores, ns))
            for name in ("orm", "prm-min", "prm-product"):
                errors.setdefault(name, []).append(calibration(verdicts, scores[name]))
    names = [name for name in RERANKERS if seeds and all(name in seed for seed in seeds)]
    return RerankerResults(
        curves={name: {n: _rate(seeds, name, n) for n in ns} for name in names},
        at_most={name: _ratio(seeds, name, most) for name in names},
        calibration={name: fmean(values) for name, values in errors.items()},
    )


def _rate(seeds: list[OfSeed], name: str, n: int) -> Rate:
    means = [fmean(seed[name][n].values()) for seed in seeds]
    return Rate(value=fmean(means), low=min(means), high=max(means), n=len(means))


def _ratio(seeds: list[OfSeed], name: str, n: int) -> TableRatio:
    problems = sorted(set().union(*(seed[name][n] for seed in seeds)))
    top = np.array([[seed[name][n].get(id, 0.0) for id in problems] for seed in seeds])
    bottom = np.array([[float(id in seed[name][n]) for id in problems] for seed in seeds])
    return TableRatio(top, bottom)
