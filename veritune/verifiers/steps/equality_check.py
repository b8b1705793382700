"""Whether one equality holds, and everything that may excuse it where it does not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from veritune.algebra import Node
from veritune.verifiers.steps.annotations import ClaimLabel
from veritune.verifiers.steps.arithmetic import Undefined, Unreadable, printed, rounds_to, value_of
from veritune.verifiers.steps.calculations import (
    as_float,
    is_share,
    leading,
    longest,
    numbers_of,
    replaced,
    without_percent,
)
from veritune.verifiers.steps.equations import FRACTION_NAME, Equality
from veritune.verifiers.steps.units import unit_factors

# Decimals from which a number is taken to be rounded or truncated.
_LONG = 4
Rounding = Literal["", "to whole numbers", "freely"]


def check_equality(
    equality: Equality,
    *,
    rounding: Rounding,
    rounded: Mapping[Fraction, Fraction],
    large: set[Fraction],
) -> tuple[ClaimLabel, str]:
    """The label and a reason.

    `rounding` says how freely the text rounds; `rounded` maps numbers that stand for
    others, as 0.33 for 1/3, to what they stand for; `large` has the factors of words near by,
    such as 1000 where the step speaks of thousands.
    """
    try:
        left, right = equality.left.value, equality.right.value
        held = "holds" if left == right else _same(equality, left, right, rounding)
        if not held and rounded and _holds_exactly(equality, right, rounding, rounded):
            held = "holds with the numbers that were rounded before"
        if held:
            said = equality.doubt in (None, FRACTION_NAME)
            return ("correct", held) if said else ("unchecked", f"{held}, but {equality.doubt}")
        excuse = equality.doubt or _may_be(equality, left, right, rounding, large)
    except Unreadable as error:
        wrong = isinstance(error, Undefined) and not equality.doubt
        return ("incorrect" if wrong else "unchecked"), str(error)
    if excuse:
        return "unchecked", excuse
    return "incorrect", _complaint(equality, left, right)


def _same(equality: Equality, left: Fraction, right: Fraction, rounding: Rounding) -> str | None:
    """In which sense the sides are equal though their values are not."""
    if _printed_as(equality, left, right, rounding):
        return "holds at the printed precision"
    if _in_percent(equality, left, right, rounding):
        return "holds in percent"
    if _rounded_operands(equality, left, right):
        return "holds as far as its rounded numbers go"
    return None


def _holds_exactly(
    equality: Equality, right: Fraction, rounding: Rounding, rounded: Mapping[Fraction, Fraction]
) -> bool:
    """Whether the result is that of the numbers which were rounded before."""
    exact = value_of(replaced(equality.left.node, rounded))
    return exact == right or _printed_as(equality, exact, right, rounding)


def _in_percent(equality: Equality, left: Fraction, right: Fraction, rounding: Rounding) -> bool:
    """`10 / 50 * 100 = 20%`, `100 - 20% = 80%`; not `50 * 20% = 1000`, and not `1/4 = 0.25%`."""
    one = value_of(without_percent(equality.left.node))
    if equality.left.in_percent or is_share(equality.left.node):
        others = (value_of(without_percent(equality.right.node)), right)
        return any(one == other or _printed_as(equality, one, other, rounding) for other in others)
    shown = equality.right.printed
    if shown is None or not shown.percent or not _has_hundred(equality.left.node):
        return False
    other = value_of(without_percent(equality.right.node))
    return left == other or _printed_as(equality, left, other, rounding)


def _has_hundred(node: Node) -> bool:
    """Whether a calculation is one in percent: it has a 100 in it."""
    return any(abs(number.value) == 100 for number in numbers_of(node))


def _rounded_operands(equality: Equality, left: Fraction, right: Fraction) -> bool:
    """Whether the sides agree to the digits of a long decimal among them, such as 2.8284."""
    most = max(longest(equality.left.node), longest(equality.right.node))
    return most >= _LONG and abs(left - right) * 10 ** (most - 1) <= abs(right)


def _printed_as(equality: Equality, left: Fraction, right: Fraction, rounding: Rounding) -> bool:
    """Whether the side that is one printed number is the other, rounded as printed."""
    for side, shown, value in ((equality.right, right, left), (equality.left, left, right)):
        token = side.printed
        if token is None:
            continue
        places = token.places + (2 if token.percent and abs(shown) != token.value else 0)
        if places >= _LONG and abs(value - shown) * 10**places < 1:
            return True  # truncated, not rounded
        if places and rounds_to(value, shown, places):
            return True
        if places and rounding == "freely" and abs(value - shown) * 10**places < 1:
            return True
        off = abs(value - shown)
        if not places and rounding and value.denominator > 1 and off * 2 <= 1:
            return True
        if not places and rounding == "freely" and off * 2 < _grain(token.value):
            return True
    return False


def _roughly(equality: Equality, left: Fraction, right: Fraction, rounding: Rounding) -> bool:
    """Whether a whole number may be what a text makes of a value: up, down, or to the nearest.

    Things are divided into whole numbers without anybody's saying so, and cents are dropped.
    """
    money = longest(equality.left.node) > 0  # $126 + $6.3 = $132
    if not (rounding or money or equality.left.quotient or equality.right.quotient):
        return False
    for side, value, shown in ((equality.right, left, right), (equality.left, right, left)):
        token = side.printed
        if token is None or token.places or token.percent or value.denominator == 1:
            continue
        off = abs(value - shown)
        if off < (1 if rounding or money else Fraction(1, 2)) or (
            rounding == "freely" and off < _grain(token.value)
        ):
            return True
    return False


def _truncated(equality: Equality, left: Fraction, right: Fraction) -> bool:
    """14.99 for 4.20 + 9.45 + 1.35: the 14.999999999999998 of a calculator, shortened by hand."""
    token = equality.right.printed
    if token is None or token.places < 2 or token.percent:
        return False
    computed = as_float(equality.left.node) * 10**token.places
    return (
        left > right
        and math.isfinite(computed)
        and math.floor(computed) == right * 10**token.places
    )


def _grain(shown: Fraction) -> Fraction:
    """By how much a whole number that was rounded may be off: one in its last digit not 0."""
    grain = Fraction(1)
    while shown and shown % (grain * 10) == 0:
        grain *= 10
    return grain


def _may_be(
    equality: Equality, left: Fraction, right: Fraction, rounding: Rounding, large: set[Fraction]
) -> str | None:
    """What may explain a mismatch that is no error."""
    if _roughly(equality, left, right, rounding):
        return "may be rounded to a whole number"
    if _truncated(equality, left, right):
        return "may be truncated by a calculator"
    shown = equality.right.printed
    if (
        shown is not None
        and shown.percent
        and left == value_of(without_percent(equality.right.node))
    ):
        return "a percentage on one side only"
    if left == leading(equality.right.node):
        return "runs on: the next calculation starts from this value"
    sides = (equality.left, equality.right)
    words = [word for side in sides for word in side.words + side.behind]
    if left and right:
        ratio = left / right
        if max(ratio, 1 / ratio) in unit_factors(words) | large:
            return "may be a change of unit"
    if equality.approximate and abs(left - right) * 50 <= abs(right):
        return "holds only roughly"
    return None


def _complaint(equality: Equality, left: Fraction, right: Fraction) -> str:
    shown = equality.right.printed or equality.left.printed
    places = shown.places if shown else 2
    return f"{printed(left, places)}, not {printed(right, places)}"
