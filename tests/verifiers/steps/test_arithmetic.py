"""The arithmetic parser: values, precision, and hostile text."""

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.verifiers.steps.arithmetic import (
    Unreadable,
    decimal,
    evaluate,
    places,
    rounds_to,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48/2", 24),
        ("16-3-4", 9),
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("-3+5", 2),
        ("2*-3", -6),
        ("-2^2", -4),
        ("2**3", 8),
        ("2^-1", Fraction(1, 2)),
        ("12/60", Fraction(1, 5)),
        ("1,234.5 + .5", 1235),
        ("50% * 8", 4),
        ("$3.50 x 2", 7),
        ("6 ÷ 3 · 2", 4),
        ("100/3/2", Fraction(50, 3)),
        ("1e3 + 1", 1001),
        ("1 234 * 2", 2468),
    ],
)
def test_values(text: str, value: Fraction) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "x+", "(1", "1)", "1+", "2 3", "1/0", "0^-1", "__import__('os')", "9^9^9", "1e999", "٣+1"],
)
def test_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        evaluate(text)


@pytest.mark.parametrize(
    "text",
    ["(" * 399, "-" * 399 + "1", "((9^64)^64)^64", "9^64*" * 66 + "1", "9" * 400, "1/3" * 200],
)
def test_hostile_text_is_refused_or_read_at_once(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert max(map(abs, evaluate(text).as_integer_ratio())).bit_length() <= 2048


@settings(deadline=None)
@given(
    st.recursive(
        st.integers(0, 999).map(str),
        lambda inner: st.builds("({}{}{})".format, inner, st.sampled_from("+-*"), inner),
        max_leaves=8,
    )
)
def test_agrees_with_python_on_its_own_expressions(text: str) -> None:
    assert evaluate(text) == eval(text)  # made of digits, brackets and + - * by the line above


@pytest.mark.parametrize(
    ("exact", "shown", "right"),
    [
        ("7/3", "2.33", True),
        ("7/3", "2.34", False),
        ("7/3", "2", True),
        ("5/2", "2", True),
        ("5/2", "3", True),
        ("1/3", "33%", True),
        ("1/3", "34%", False),
        ("2.675", "2.67", True),
        ("2.675", "2.68", True),
        ("2.675", "2.69", False),
    ],
)
def test_printed_precision(exact: str, shown: str, right: bool) -> None:
    assert rounds_to(evaluate(exact), evaluate(shown), places(shown)) is right


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(24), 0, "24"),
        (Fraction(7, 3), 0, "2.33"),
        (Fraction(-1, 2), 0, "-0.5"),
        (Fraction(1, 1000), 0, "0"),
        (Fraction(10) ** 400, 0, "1" + "0" * 400),
    ],
)
def test_decimal(value: Fraction, decimals: int, text: str) -> None:
    assert decimal(value, decimals) == text
