"""Equality at printed precision.

A reference printed as a decimal stands for what rounds (or, for an exact candidate, is cut) to
it. A reference that is exact is only matched by a decimal with as many digits as a double has, or
within the policy's tolerance.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError
from veritune.algebra.trees.children import variables
from veritune.algebra.trees.nodes import Mul, Node, Num, Pow, Quantity
from veritune.algebra.values.modular import OpaqueError, if_rational, rational, whole_number
from veritune.algebra.values.numeric import Evaluator

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpNumber

# Far more than a double has, so that rounding here is never what decides.
DIGITS = 40
# Significant digits from which a decimal is a program's; a double prints 15, less a last zero.
DOUBLE = 14
# Significant digits below which a decimal is taken to be exact.
FEWEST = 2
# A short decimal that is a whole number of quarters, such as 2.5, is exact, too.
HALVES = 4


class Printed(NamedTuple):
    """A decimal literal: its value, the unit of its last place, its significant digits."""

    value: Fraction
    place: Fraction
    digits: int


def printed(node: Node) -> Printed | None:
    """The literal that a node is, with its sign, percent sign or power of ten; else None."""
    match node:
        case Num(value, places, digits) if places is not None:
            return Printed(Fraction(value), Fraction(10) ** -places, digits)
        case Quantity(inner, (("%", 1),)):
            return _scaled(printed(inner), Fraction(1, 100))
        case Mul((Num(-1), inner)):
            return _scaled(printed(inner), Fraction(-1))
        case Mul((first, Pow(Num(10), exponent))):
            try:
                return _scaled(printed(first), Fraction(10) ** int(rational(exponent)))
            except (OpaqueError, OverflowError):
                return None
        case _:
            return None


def _scaled(literal: Printed | None, factor: Fraction) -> Printed | None:
    if literal is None:
        return None
    return Printed(literal.value * factor, literal.place * abs(factor), literal.digits)


def rounds_to(gold: Printed, pred: Node) -> bool:
    """Whether the candidate is what the reference's digits are a rounding of."""
    if gold.digits < FEWEST or (gold.value.denominator == 1 and gold.place <= 1):
        return False
    literal = printed(pred)
    value = real_value(pred) if literal is None else literal.value
    if value is None:
        return False
    if gold.digits == FEWEST and (HALVES * gold.value).denominator == 1:
        return False
    gap, size = abs(value - gold.value), abs(value)
    if 2 * gap <= gold.place:
        return literal is None or literal.place <= gold.place
    cut = 0 <= size - abs(gold.value) < gold.place and value * gold.value > 0
    return literal is None and cut and gold.digits > FEWEST


def shows(node: Node, value: Node) -> bool:
    """Whether a printed decimal is a value, rounded or cut."""
    literal, exact = printed(node), real_value(value)
    return literal is not None and exact is not None and abs(literal.value - exact) < literal.place


def approximates(gold: Node, pred: Node, tolerance: float) -> bool:
    """Whether a decimal candidate is good enough for an exact reference."""
    literal = printed(pred)
    if literal is None and not tolerance:
        return False
    if literal is not None and literal.digits >= DOUBLE and whole_number(gold) is None:
        value = real_value(gold)
        if value is not None and abs(literal.value - value) < literal.place:
            return True
    return bool(tolerance) and _within(gold, pred, Fraction(tolerance))


def _within(gold: Node, pred: Node, tolerance: Fraction) -> bool:
    """Relative tolerance, never between two exact rational numbers."""
    exact = printed(gold) is None and printed(pred) is None
    if exact and all(if_rational(side) is not None for side in (gold, pred)):
        return False
    left, right = real_value(gold), real_value(pred)
    return left is not None and right is not None and abs(left - right) <= tolerance * abs(left)


def real_value(node: Node) -> Fraction | None:
    """The value to about 40 digits as a fraction; None where it is not a real number."""
    if variables(node):
        return None
    exact = if_rational(node)
    if exact is not None:
        return exact
    try:
        at = Evaluator(DIGITS, real=True)
        value: MpNumber = at.value(node)
    except (UndefinedError, LimitReachedError, UnparsedError, OverflowError):
        return None
    if not isinstance(value, at.mp.mpf) or not at.mp.isfinite(value):
        return None
    if at.largest > 3000:
        return None
    return Fraction(at.mp.nstr(value, DIGITS, min_fixed=1, max_fixed=0))
