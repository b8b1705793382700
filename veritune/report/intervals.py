"""Confidence intervals for rates.

Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

# Two-sided 95% quantile of the normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate in [0, 1], its 95% Wilson interval, and the observations `n` it rests on."""

    value: float
    low: float
    high: float
    n: int


def wilson(rate: float, n: int) -> Rate:
    """The 95% score interval of a rate seen over `n` independent observations.

    (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n); with n = 0 it is [0, 1].
    """
    # Nothing was seen: every rate is possible.
    if n == 0:
        return Rate(value=rate, low=0.0, high=1.0, n=0)
    scale = 1 + Z95**2 / n
    centre = (rate + Z95**2 / (2 * n)) / scale
    half = Z95 * sqrt(rate * (1 - rate) / n + Z95**2 / (4 * n * n)) / scale
    return Rate(value=rate, low=max(0.0, centre - half), high=min(1.0, centre + half), n=n)
