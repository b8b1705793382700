"""What a difference between two arms rests on.

Every arm is trained once a seed and measured on the same problems, so a figure is a ratio of two
tables (seeds, problems), such as right candidates over candidates. A claim about a *method* must
allow for other seeds as well as other problems: `compare` does. McNemar's test allows for other
problems only, so it speaks of one pair of policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Figures (seeds, problems), or means over draws; and how often a draw has each.
Table = NDArray[np.float64]
Drawn = NDArray[np.int64]
# The standard error of a variance from 2,000 draws is 3%, far below what few seeds leave open.
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class TableRatio:
    """An arm's figure: the sum of `top` over the sum of `bottom`, both (seeds, problems)."""

    top: Table
    bottom: Table

    @property
    def value(self) -> float:
        """The figure over all seeds and problems; nan where there is nothing to count."""
        total = float(self.bottom.sum())
        return float(self.top.sum()) / total if total else float("nan")

    @property
    def by_seed(self) -> list[float]:
        """The figure of each seed."""
        pairs = zip(self.top.sum(axis=1), self.bottom.sum(axis=1), strict=True)
        return [float(top / bottom) if bottom else float("nan") for top, bottom in pairs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean of `a - b`, its 95% interval, the two-sided p-value of "no difference".

    `error` is the standard error and `freedom` the degrees of freedom of its t distribution.
    """

    mean: float
    low: float
    high: float
    p: float
    error: float
    freedom: float
    seeds: int
    problems: int


def compare(a: TableRatio, b: TableRatio | None, draw: int = 0) -> Difference:
    """Difference of two arms by a hierarchical bootstrap over seeds and problems.

    Both are drawn with replacement (Davison and Hinkley 1997, section 3.8, with the factors
    crossed). Few seeds make the spread of their means too small by (s - 1) / s, which is added
    back, and its estimate unsure: the interval takes Student's t, with the degrees of freedom of
    Satterthwaite (1946) for a variance of seeds (s - 1) plus one of problems. One seed says
    nothing of other seeds. `draw` seeds the bootstrap; without `b`, `a` itself is meant.
    """
    from scipy import stats

    if b is not None and a.top.shape != b.top.shape:
        raise ValueError(f"need tables of one shape (got {a.top.shape} and {b.top.shape})")
    seeds, problems = a.top.shape
    mean = a.value - (0.0 if b is None else b.value)
    of_seeds = 0.0 if seeds < 2 else _variance_of_seeds(a, b)
    total = _bootstrapped(a, b, draw) + of_seeds / seeds
    error, freedom = float(np.sqrt(total)), _freedom(of_seeds, total, seeds, problems)
    half = float(stats.t.ppf(0.975, freedom)) * error
    p = 1.0 if error == 0 and mean == 0 else _two_sided(mean, error, freedom)
    return Difference(
        mean=mean,
        low=mean - half,
        high=mean + half,
        p=p,
        error=error,
        freedom=freedom,
        seeds=seeds,
        problems=problems,
    )


def _bootstrapped(a: TableRatio, b: TableRatio | None, draw: int) -> float:
    """Variance of the difference over draws of seeds and of problems."""
    seeds, problems = a.top.shape
    rng = np.random.default_rng(draw)
    # How often each is drawn is all that a sum needs: no tables are copied.
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=DRAWS)
    of_problems = rng.multinomial(problems, np.full(problems, 1 / problems), size=DRAWS)
    means = _means(a, of_seeds, of_problems)
    if b is not None:
        means = means - _means(b, of_seeds, of_problems)
    return float(np.nanvar(means))


def _variance_of_seeds(a: TableRatio, b: TableRatio | None) -> float:
    """Variance of the mean over seeds, as the seeds' own figures show it."""
    figures = np.array(a.by_seed) - (0.0 if b is None else np.array(b.by_seed))
    return float(np.nanvar(figures, ddof=1)) / len(figures)


def _freedom(of_seeds: float, total: float, seeds: int, problems: int) -> float:
    of_problems = max(total - of_seeds, 0.0)
    unsure = of_seeds**2 / max(seeds - 1, 1) + of_problems**2 / max(problems - 1, 1)
    return total**2 / unsure if unsure > 0 else 1.0


def _means(figure: TableRatio, of_seeds: Drawn, of_problems: Drawn) -> Table:
    """(draws,) values of a figure whose rows and columns count so many times each."""
    top = ((of_problems @ figure.top.T) * of_seeds).sum(axis=1)
    bottom = ((of_problems @ figure.bottom.T) * of_seeds).sum(axis=1)
    means: Table = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    return means


def _two_sided(mean: float, error: float, freedom: float) -> float:
    from scipy import stats

    if error == 0:
        return 0.0
    return float(2 * stats.t.sf(abs(mean) / error, freedom))


def equivalence(difference: Difference, margin: float) -> float:
    """p-value of "the arms differ by `margin` or more": two one-sided tests (Schuirmann 1987)."""
    from scipy import stats

    if difference.error == 0:
        return 0.0 if abs(difference.mean) < margin else 1.0
    nearest = (margin - abs(difference.mean)) / difference.error
    return float(stats.t.sf(nearest, difference.freedom))


def mcnemar(a: Sequence[bool], b: Sequence[bool]) -> float:
    """Exact p-value that two policies solve equally many of the same problems (McNemar 1947)."""
    from scipy import stats

    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    # They agree everywhere: nothing speaks against them.
    if only_a + only_b == 0:
        return 1.0
    return float(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several (Holm 1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        # Never below that of a smaller p-value, or the order would turn.
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted
