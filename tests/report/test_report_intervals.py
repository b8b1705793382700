from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from veritune.report import gain, wilson


def test_against_published_values() -> None:
    # Newcombe 1998, table I: 81 of 263 and 0 of 20.
    rate = wilson(81 / 263, 263)
    assert (rate.low, rate.high) == (approx(0.2553, abs=5e-5), approx(0.3662, abs=5e-5))
    rate = wilson(0.0, 20)
    assert (rate.low, rate.high) == (0.0, approx(0.1611, abs=5e-5))


def test_a_gain_against_published_values() -> None:
    # Newcombe 1998, table II, contrast (a), method 10: 56 of 70 less 48 of 80.
    found = gain(wilson(48 / 80, 80), wilson(56 / 70, 70))
    assert found.value == approx(0.2)
    assert (found.low, found.high) == (approx(0.0524, abs=5e-5), approx(0.3339, abs=5e-5))
    assert gain(wilson(0.0, 0), wilson(1.0, 0)).high == 1.0


def test_no_observation_says_nothing() -> None:
    rate = wilson(0.0, 0)
    assert (rate.low, rate.high, rate.n) == (0.0, 1.0, 0)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_interval_holds_the_rate_and_mirrors(n: int, p: float) -> None:
    rate, mirrored = wilson(p, n), wilson(1 - p, n)
    assert 0 <= rate.low <= p + 1e-12 and p - 1e-12 <= rate.high <= 1
    assert rate.low == approx(1 - mirrored.high, abs=1e-9)


@given(st.integers(1, 5_000), st.floats(0, 1))
def test_more_observations_narrow_it(n: int, p: float) -> None:
    few, many = wilson(p, n), wilson(p, 2 * n)
    assert many.high - many.low <= few.high - few.low + 1e-12
