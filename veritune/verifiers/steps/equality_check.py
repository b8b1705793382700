"""Whether two sides are equal as printed, and everything that may excuse it where they are not."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from veritune.algebra import Add, Frac, Node, Num, printed, real_value
from veritune.verifiers.steps.annotations import Finding
from veritune.verifiers.steps.arithmetic import (
    Undefined,
    Unreadable,
    decimal,
    is_float_of,
    value_of,
)
from veritune.verifiers.steps.calculations import (
    as_float,
    has_percent,
    is_share,
    leading,
    longest,
    numbers_of,
    replaced,
    shown,
    without_percent,
)
from veritune.verifiers.steps.equations import FRACTION_NAME, Equality
from veritune.verifiers.steps.units import LARGE, unit_factors

# The last place from which on a number is taken to be rounded or truncated.
_LONG = Fraction(1, 10**4)
Rounding = Literal["", "to whole numbers", "freely"]
# Words that let a number be off by what rounding explains.
_FREELY = re.compile(
    r"rounded|rounding|round(?:s|ing)? (?:up|down|off|to|it)|about|approx|nearest|roughly|almost"
    r"|nearly|≈|estimat",
    re.IGNORECASE,
)
# Words that let a quotient be a whole number: of people, of full boxes.
_TO_WHOLE = re.compile(
    r"whole number|full\b|remain|left ?over|with \d+ (?:\w+ )?left|quotient|at least|at most",
    re.IGNORECASE,
)


def check_equality(equality: Equality, step: str, rounded: Mapping[Fraction, Fraction]) -> Finding:
    """The label and a reason.

    `step` is the text around it; `rounded` maps numbers that stand for others, as 0.33 for 1/3, to
    what they stand for.
    """
    try:
        one, other = value_of(equality.left.node), value_of(equality.right.node)
        exact = one == other
        pair = Pair(equality.left.node, equality.right.node, "" if exact else rounding_of(step))
        held = "holds" if exact else pair.sense(one, other)
        if not held and rounded and pair.agree(value_of(replaced(pair.left, rounded)), other):
            held = "holds with the numbers that were rounded before"
        if held:
            said = equality.doubt in (None, FRACTION_NAME)
            return ("correct", held) if said else ("unchecked", f"{held}, but {equality.doubt}")
        excuse = equality.doubt or pair.excuse(one, other) or _unit(equality, one, other, step)
    except Unreadable as error:
        wrong = isinstance(error, Undefined) and not equality.doubt
        return ("incorrect" if wrong else "unchecked"), str(error)
    if equality.approximate and abs(one - other) * 50 <= abs(other):
        excuse = excuse or "holds only roughly"
    if excuse:
        return "unchecked", excuse
    literal = shown(pair.right) or shown(pair.left)
    places = literal.places if literal else 2
    return "incorrect", f"{decimal(one, places)}, not {decimal(other, places)}"


@lru_cache(maxsize=4)  # a step may have thousands of equations
def rounding_of(step: str) -> Rounding:
    """How freely a step says that it rounds."""
    if _FREELY.search(step):
        return "freely"
    return "to whole numbers" if _TO_WHOLE.search(step) else ""


@lru_cache(maxsize=4)
def _large(step: str) -> frozenset[str]:
    """The numbers in words that a step names."""
    return LARGE.intersection(re.findall("[a-z]+", step.lower()))


def _unit(equality: Equality, one: Fraction, other: Fraction, step: str) -> str | None:
    """Whether a mismatch may be a change of unit, or a number in words, such as thousands."""
    if not one or not other:
        return None
    words = [word for side in (equality.left, equality.right) for word in side.words + side.behind]
    words += _large(step)
    ratio = max(one / other, other / one)
    return "may be a change of unit" if ratio in unit_factors(words) else None


class Pair:
    """Two sides of different values, and how freely the text around them rounds."""

    def __init__(self, left: Node, right: Node, rounding: Rounding) -> None:
        self.left, self.right, self._rounding = left, right, rounding

    def sense(self, one: Fraction, other: Fraction) -> str | None:
        """In which sense the sides are equal though their values are not."""
        if self._printed_as(one, other):
            return "holds at the printed precision"
        if self._in_percent(one, other):
            return "holds in percent"
        last = Fraction(1, 10 ** max(longest(self.left), longest(self.right)))
        off = abs(one - other)
        near = last <= _LONG and off <= 10 * last * abs(other)
        if near and off <= _spread(self.left, one) + _spread(self.right, other):
            return "holds as far as its rounded numbers go"
        return None

    def excuse(self, one: Fraction, other: Fraction) -> str | None:
        """What may explain a mismatch that is no error."""
        if self.roughly(one, other):
            return "may be rounded to a whole number"
        if self._truncated(one, other):
            return "may be truncated by a calculator"
        if self.starts_rounded(one, other):
            return "the first number may be rounded"
        literal = shown(self.right)
        if literal and literal.percent and one == other * 100:
            return "a percentage on one side only"
        if one == leading(self.right):
            return "runs on: the next calculation starts from this value"
        return None

    def agree(self, one: Fraction, other: Fraction) -> bool:
        """Whether two values are equal as the sides are printed."""
        return one == other or self._printed_as(one, other)

    def _printed_as(self, one: Fraction, other: Fraction) -> bool:
        """Whether the side that is one printed number is the other, rounded as printed.

        Of two printed numbers the second is the rounded one: `3.52 = 3.5`, but not `3.5 = 3.52`.
        """
        if self._shows(self.right, other, one):
            return True
        result = shown(self.right) is not None and self._rounding != "freely"
        return not result and self._shows(self.left, one, other)

    def _shows(self, side: Node, its: Fraction, value: Fraction) -> bool:
        """Whether a side is one printed number and rounds a value."""
        freely = self._rounding == "freely"
        off, whole, literal = abs(value - its), shown(side), printed(side)
        if literal is not None:
            # 5% may stand for 5 here.
            place = abs(literal.place * its / literal.value) if its else literal.place
            if 2 * off <= place or (off < place and (freely or place <= _LONG)):
                return True
            return is_float_of(value, its, longest(side))
        if whole is None:
            return False
        unit = abs(its / whole.value) if its else Fraction(1)  # a hundredth in 5%
        nearest = bool(self._rounding) and (value / unit).denominator > 1 and 2 * off <= unit
        return nearest or (freely and 2 * off < _grain(whole.value) * unit)

    def _in_percent(self, one: Fraction, other: Fraction) -> bool:
        """`10/50 * 100 = 20%`, `100 - 20% = 80%`; not `50 * 20% = 1000`, and not `1/4 = 0.25%`."""
        literal = shown(self.right)
        summed = is_share(self.left) or (has_percent(self.left) and not _mixes(self.left))
        hundred = any(abs(number.value) == 100 for number in numbers_of(self.left))
        if not summed and not (literal and literal.percent and hundred):
            return False
        plain = real_value(without_percent(self.right))
        value = real_value(without_percent(self.left)) if summed else one
        if plain is None or value is None:
            return False
        return self.agree(value, plain) or (summed and self.agree(value, other))

    def roughly(self, one: Fraction, other: Fraction) -> bool:
        """Whether a whole number may be what a text makes of a value: up, down, or to the nearest.

        Things are divided into whole numbers without anybody's saying so, and cents are dropped.
        """
        freely = bool(self._rounding) or longest(self.left) > 0  # $126 + $6.3 = $132
        if not (freely or isinstance(self.left, Frac) or isinstance(self.right, Frac)):
            return False
        for side, value, its in ((self.right, one, other), (self.left, other, one)):
            literal = shown(side)
            if literal is None or literal.places or literal.percent or value.denominator == 1:
                continue
            grain = _grain(literal.value) if self._rounding == "freely" else 1
            if abs(value - its) < (grain if freely else Fraction(1, 2)):
                return True
        return False

    def starts_rounded(self, one: Fraction, other: Fraction) -> bool:
        """Whether the first side is one printed number and rounds the second."""
        return self._shows(self.left, one, other)

    def _truncated(self, one: Fraction, other: Fraction) -> bool:
        """14.99 for 4.20 + 9.45 + 1.35: a calculator's 14.999999999999998, shortened by hand."""
        literal = shown(self.right)
        if literal is None or literal.places < 2 or literal.percent or one < other:
            return False
        computed = as_float(self.left) * 10**literal.places
        return math.isfinite(computed) and math.floor(computed) == other * 10**literal.places


def _spread(node: Node, value: Fraction) -> Fraction:
    """By how much a value may be off since its long decimals, such as 2.8284, are rounded."""
    spread = Fraction(0)
    if shown(node) is not None:
        return spread
    for number in {n for n in numbers_of(node) if _place(n) <= _LONG and n.digits > 2}:
        exact = Fraction(number.value)
        other = real_value(replaced(node, {exact: exact + _place(number)}))
        spread += 0 if other is None else abs(other - value)
    return spread


def _mixes(node: Node) -> bool:
    """Whether it adds percentages to a number that is no whole of 100: 3 + 20%."""
    if not isinstance(node, Add):
        return False
    return any(not has_percent(term) and abs(real_value(term) or 0) != 100 for term in node.terms)


def _place(number: Num) -> Fraction:
    return Fraction(1, 10 ** (number.places or 0))


def _grain(whole: Fraction) -> Fraction:
    """By how much a whole number that was rounded may be off: one in its last digit not 0."""
    grain = Fraction(1)
    while whole and whole % (grain * 10) == 0:
        grain *= 10
    return grain
