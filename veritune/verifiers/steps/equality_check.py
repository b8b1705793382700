"""Whether one equality holds, and everything that may excuse it where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from veritune.verifiers.steps.annotations import ClaimLabel
from veritune.verifiers.steps.arithmetic import Undefined, Unreadable, printed, rounds_to
from veritune.verifiers.steps.equations import Equality
from veritune.verifiers.steps.sides import leading_number, longest, value_of
from veritune.verifiers.steps.tokens import Number, magnitude
from veritune.verifiers.steps.units import unit_factors

# Decimals from which a number is taken to be rounded or truncated.
_LONG = 4
Rounding = Literal["", "to whole numbers", "freely"]
_THIRDS: dict[Number, Number] = {}
for _digits in range(2, 6):
    for _top, _bottom in ((1, 3), (2, 3), (1, 6), (5, 6), (1, 7), (1, 9), (1, 11), (1, 12)):
        _shown = Fraction(round(Fraction(_top, _bottom) * 10**_digits), 10**_digits)
        _THIRDS[_shown] = Fraction(_top, _bottom)


def check_equality(
    equality: Equality,
    *,
    rounding: Rounding,
    rounded: Mapping[Number, Number],
    large: set[Fraction],
) -> tuple[ClaimLabel, str]:
    """The label and a reason.

    `rounding` says how freely the text rounds; `rounded` maps numbers that stand for
    others, as 0.33 for 1/3, to what they stand for; `large` has the factors of words near by,
    such as 1000 where the step speaks of thousands.
    """
    try:
        left, right = value_of(equality.left.tree), value_of(equality.right.tree)
        if left == right:
            return "correct", "holds"
        excuse = _same(equality, left, right, rounding, rounded)
        if excuse:
            return "correct", excuse
        excuse = equality.doubt or _may_be(equality, left, right, large)
    except Unreadable as error:
        wrong = isinstance(error, Undefined) and not equality.doubt
        return ("incorrect" if wrong else "unchecked"), str(error)
    if excuse:
        return "unchecked", excuse
    return "incorrect", _complaint(equality, left, right)


def _same(
    equality: Equality,
    left: Number,
    right: Number,
    rounding: Rounding,
    rounded: Mapping[Number, Number],
) -> str | None:
    """In which sense the sides are equal though their values are not."""
    if _printed_as(equality, left, right, rounding):
        return "holds at the printed precision"
    for tree_percent in ((True, False), (False, True), (False, False)):
        one = value_of(equality.left.tree, percent=tree_percent[0])
        other = value_of(equality.right.tree, percent=tree_percent[1])
        if one == other or _printed_as(equality, one, other, rounding):
            return "holds in percent"
    if _rounded_operands(equality, left, right):
        return "holds as far as its rounded numbers go"
    instead = {**_THIRDS, **rounded}
    one = value_of(equality.left.tree, instead=instead)
    other = value_of(equality.right.tree, instead=instead)
    for pair in ((one, right), (left, other), (one, other)):
        if pair[0] == pair[1] or _printed_as(equality, *pair, rounding):
            return "holds with the numbers that were rounded before"
    return None


def _rounded_operands(equality: Equality, left: Number, right: Number) -> bool:
    """Whether the sides agree to the digits of a long decimal among them, such as 2.8284."""
    most = max(longest(equality.left.tree), longest(equality.right.tree))
    return most >= _LONG and abs(left - right) * 10 ** (most - 1) <= abs(right)


def _printed_as(equality: Equality, left: Number, right: Number, rounding: Rounding) -> bool:
    """Whether the side that is one printed number is the other, rounded as printed."""
    for side, shown, value in ((equality.right, right, left), (equality.left, left, right)):
        token = side.printed
        if token is None:
            continue
        places = token.places + (2 if token.percent and abs(shown) != token.value else 0)
        if places >= _LONG and magnitude(value - shown) * 10**places < 1:
            return True  # truncated, not rounded
        if places and rounds_to(Fraction(value), Fraction(shown), places):
            return True
        if places and rounding == "freely" and magnitude(value - shown) * 10**places < 1:
            return True
        off = magnitude(value - shown)
        if not places and rounding and Fraction(value).denominator > 1 and off < 1:
            return True
        if not places and rounding == "freely" and off < _grain(token.value):
            return True
    return False


def _grain(shown: Number) -> Number:
    """By how much a whole number that was rounded may be off: one in its last digit not 0."""
    grain = 1
    while shown and shown % (grain * 10) == 0:
        grain *= 10
    return grain


def _may_be(equality: Equality, left: Number, right: Number, large: set[Fraction]) -> str | None:
    """What may explain a mismatch that is no error."""
    if left == leading_number(equality.right.tree):
        return "runs on: the next calculation starts from this value"
    sides = (equality.left, equality.right)
    words = [word for side in sides for word in side.words + side.behind]
    if left and right:
        ratio = Fraction(left) / Fraction(right)
        if max(ratio, 1 / ratio) in unit_factors(words) | large:
            return "may be a change of unit"
    if equality.approximate and magnitude(left - right) * 50 <= magnitude(right):
        return "holds only roughly"
    return None


def _complaint(equality: Equality, left: Number, right: Number) -> str:
    shown = equality.right.printed or equality.left.printed
    places = shown.places if shown else 2
    return f"{printed(Fraction(left), places)}, not {printed(Fraction(right), places)}"
