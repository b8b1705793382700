"""Chances that a pick out of n of N candidates is right, exact over all subsets of n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import comb, lgamma

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Vote:
    """How many candidates gave one answer; `counts` is false for those that gave none."""

    size: int
    right: bool
    counts: bool = True


def best_scored(scored: Sequence[tuple[float, bool]], n: int) -> float:
    """Chance that the candidate of the highest score in n of `scored` (score, right) is right.

    The candidate of rank i (from 1) is the best of C(N - i, n - 1) of the C(N, n) subsets; equal
    scores are picked from evenly.
    """
    total, rank, chance = len(scored), 0, 0.0
    ranked = sorted(scored, key=lambda row: -row[0])
    for _, block in groupby(ranked, key=lambda row: row[0]):
        rights = [right for _, right in block]
        ways = comb(total - rank, n) - comb(total - rank - len(rights), n)
        chance += ways / comb(total, n) * sum(rights) / len(rights)
        rank += len(rights)
    return chance


def majority(votes: Sequence[Vote], n: int) -> float:
    """Chance that the most frequent answer in n of the candidates is right; ties evenly.

    Subsets are counted by generating functions: an answer of size m is in a subset j times in
    C(m, j) ways. Ways are weighted as if each candidate were in with probability n / N, which
    cancels out and keeps numbers small. An even choice among s + 1 answers that tie has weight
    1 / (s + 1), the integral of u^s over [0, 1]: a tie is marked by u, and Gauss-Legendre
    quadrature is exact for the polynomial in u that comes out.
    """
    total = sum(vote.size for vote in votes)
    share = n / total
    chance = 0.0
    for at, vote in enumerate(votes):
        if vote.right and vote.counts:
            others = [*votes[:at], *votes[at + 1 :]]
            mine = _binomial(vote.size, share)
            chance += sum(
                mine[times] * _ways(others, times, n - times, share)
                for times in range(1, min(vote.size, n) + 1)
            )
    return float(chance / _binomial(total, share)[n])


def _ways(others: Sequence[Vote], times: int, rest: int, share: float) -> float:
    """Weight of choosing `rest` of the others with none of them in more than `times` times.

    Where s are in just as often, the weight is divided by s + 1.
    """
    rivals = [vote.size for vote in others if vote.counts and vote.size >= times]
    # Answers too rare to tie restrict nothing, so together they are one binomial.
    free = _binomial(sum(v.size for v in others) - sum(rivals), share)[: rest + 1]
    most = min(len(rivals), rest // times)
    nodes, weights = np.polynomial.legendre.leggauss(most // 2 + 1)
    found = 0.0
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        ways = free
        for size in rivals:
            mine = _binomial(size, share)[: times + 1].copy()
            mine[times] *= node
            ways = np.convolve(ways, mine)[: rest + 1]
        found += weight * (ways[rest] if rest < len(ways) else 0.0)
    return found


def _binomial(size: int, share: float) -> Floats:
    """Probabilities [size + 1] of 0 to `size` successes."""
    if share >= 1:
        certain: Floats = np.eye(size + 1)[size]
        return certain
    times = np.arange(size + 1)
    choose = np.array([lgamma(size + 1) - lgamma(j + 1) - lgamma(size - j + 1) for j in times])
    found: Floats = np.exp(choose + times * np.log(share) + (size - times) * np.log1p(-share))
    return found
