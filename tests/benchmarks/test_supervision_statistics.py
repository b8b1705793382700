"""The study's statistics: right on known cases, and honest where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest

from veritune.benchmarks.supervision.statistics import (
    TableRatio,
    compare,
    equivalence,
    holm,
    mcnemar,
)


def arm(
    rng: np.random.Generator, rates: list[float], hardness: np.ndarray, candidates: int = 2
) -> TableRatio:
    """Right candidates of all, by seed and problem."""
    chance = np.clip(np.array(rates)[:, None] + hardness[None, :], 0, 1)
    right = rng.binomial(candidates, chance).astype(float)
    return TableRatio(right, np.full_like(right, candidates))


@pytest.mark.slow
def test_equal_arms_differ_by_chance_only() -> None:
    """The share of false claims stays near the 5% that is promised, seeds of spread included."""
    rng = np.random.default_rng(5)
    claims = 0
    for trial in range(120):
        hardness = rng.normal(0, 0.2, 100)
        rates = rng.normal(0.6, 0.04, (2, 5))
        a, b = (arm(rng, list(row), hardness) for row in rates)
        claims += compare(a, b, trial).p < 0.05
    assert claims <= 12


def test_a_real_difference_is_found_with_its_size() -> None:
    rng = np.random.default_rng(1)
    hardness = rng.normal(0, 0.2, 1000)
    a = arm(rng, [0.72, 0.70, 0.71, 0.69, 0.70], hardness)
    b = arm(rng, [0.60, 0.61, 0.59, 0.60, 0.62], hardness)
    found = compare(a, b)
    assert 0.05 < found.low < found.mean < found.high < 0.15
    assert found.p < 0.01
    assert equivalence(found, 0.02) > 0.9


def test_the_same_table_is_no_difference_and_is_equivalent() -> None:
    table = TableRatio(np.array([[1, 0, 0], [1, 1, 0]]), np.array([[1, 1, 0], [1, 1, 1]]))
    assert table.value == 0.6
    found = compare(table, table)
    assert (found.mean, found.p, found.low, found.high) == (0, 1, 0, 0)
    assert equivalence(found, 0.02) == 0


def test_equivalence_needs_precision_and_nearness() -> None:
    rng = np.random.default_rng(2)
    hardness = rng.normal(0, 0.2, 4000)
    near = compare(arm(rng, [0.6] * 5, hardness), arm(rng, [0.6] * 5, hardness))
    few = compare(arm(rng, [0.6] * 5, hardness[:40]), arm(rng, [0.6] * 5, hardness[:40]))
    assert equivalence(near, 0.02) < 0.05 < equivalence(few, 0.02)


def test_mcnemar_is_the_sign_test_on_what_differs() -> None:
    assert mcnemar([True] * 6 + [False], [False] * 6 + [False]) == pytest.approx(2 / 64)
    assert mcnemar([True, False], [True, False]) == 1.0
    assert mcnemar([True, False], [False, True]) == 1.0


def test_holm_steps_down_and_never_back() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]


def test_tables_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        compare(*(TableRatio(np.zeros(shape), np.ones(shape)) for shape in ((2, 3), (2, 4))))
