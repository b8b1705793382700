"""A proportion from a stratified sample, with its interval.

Sources: Cochran 1977, "Sampling Techniques", sections 5.10 and 5.11 (estimate and variance); Korn
and Graubard 1998, "Confidence intervals for proportions with small expected number of positive
counts estimated from survey data" (effective sample size); Dean and Pagano 2015, "Evaluating
confidence interval methods for binomial proportions in clustered surveys" (in Wilson's interval).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """`hits` of `n` labels in a stratum of `size` candidates."""

    name: str
    size: int
    n: int
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A share with its interval, and how many independent labels it is worth; None without any."""

    value: float | None
    low: float
    high: float
    effective: float


def proportion(strata: Sequence[Stratum], z: float) -> Proportion:
    """The share of hits in all strata together.

    With W_h = N_h / N and p_h = hits_h / n_h: p = sum W_h p_h, and
    var = sum W_h^2 (1 - n_h / N_h) p_h (1 - p_h) / (n_h - 1). The effective sample size is
    p (1 - p) / var, and not more than 1 / sum W_h^2 (1 - n_h / N_h) / n_h, which it is where all
    labels agree and var is 0; the interval is Wilson's for it. Strata without a label are left
    out; whoever asks says so.
    """
    known = [one for one in strata if one.n]
    total = sum(one.size for one in known)
    if not total:
        return Proportion(value=None, low=0.0, high=1.0, effective=0.0)
    value = sum(one.size * one.hits / one.n for one in known) / total
    if all(one.n == one.size for one in known):
        return Proportion(value=value, low=value, high=value, effective=float(total))
    spread = sum(_spread(one, total, value) for one in known)
    alike = sum(_weight(one, total) / one.n for one in known)
    # What strata that differ gain is left out: with few labels of each it may be luck.
    effective = min(value * (1 - value) / spread if spread else inf, 1 / alike)
    low, high = score_interval(value, effective, z)
    return Proportion(value=value, low=low, high=high, effective=effective)


def score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's interval, for an effective n that need not be whole."""
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)


def _weight(one: Stratum, total: int) -> float:
    """W_h^2 with the correction for a finite population."""
    return (one.size / total) ** 2 * (1 - one.n / one.size)


def _spread(one: Stratum, total: int, pooled: float) -> float:
    """The stratum's part of the variance; of a single label that of all strata together."""
    if one.n == 1:
        return _weight(one, total) * pooled * (1 - pooled)
    share = one.hits / one.n
    return _weight(one, total) * share * (1 - share) / (one.n - 1)
