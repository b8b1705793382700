"""McNemar's test: do two verifiers, or two models, pass as many of the same candidates?"""

from __future__ import annotations

from math import exp, lgamma, log


def mcnemar(only_a: int, only_b: int) -> float:
    """The exact two-sided p-value, where `only_a` passed one and `only_b` the other alone.

    min(1, 2 sum_{i <= k} C(n, i) / 2^n), n = only_a + only_b, k the lesser of the two: if both are
    alike, each disagreement is a fair coin.
    Source: McNemar 1947, "Note on the sampling error of the difference between correlated
    proportions"; the exact form is the sign test of Fagerland et al. 2013, section 2.
    """
    n = only_a + only_b
    # By logarithms: 2^n has no float from n = 1,024 on.
    tail = sum(
        exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) - n * log(2))
        for i in range(min(only_a, only_b) + 1)
    )
    return min(1.0, 2 * tail)
