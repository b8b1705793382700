"""Confidence intervals for rates, and for what one gained on another.

Sources: Wilson 1927, "Probable inference, the law of succession, and statistical inference";
Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt

# Two-sided 95% quantile of the normal distribution.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate in [0, 1], its 95% Wilson interval, and the observations `n` it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A difference of two rates, in [-1, 1], and its 95% interval."""

    value: float
    low: float
    high: float


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


def gain(before: Rate, after: Rate) -> Gain:
    """How much higher `after` is, with Newcombe's interval from the two of Wilson.

    With d = p2 - p1: d - sqrt((p2 - l2)^2 + (u1 - p1)^2) to d + sqrt((u2 - p2)^2 + (p1 - l1)^2).
    It takes the two for independent: over the same problems it is, if anything, too wide.
    """
    found = after.value - before.value
    below = hypot(after.value - after.low, before.high - before.value)
    above = hypot(after.high - after.value, before.value - before.low)
    return Gain(value=found, low=max(-1.0, found - below), high=min(1.0, found + above))
