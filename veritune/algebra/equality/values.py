"""Two single values: numbers, expressions, quantities, matrices."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.policy import AnswerPolicy
from veritune.algebra.equality.printed import approximates, printed, rounds_to
from veritune.algebra.limits import UndefinedError
from veritune.algebra.trees.build import infinity
from veritune.algebra.trees.children import variables, walk
from veritune.algebra.trees.nodes import Add, Frac, Mul, Node, Num, Quantity
from veritune.algebra.values.modular import if_rational, whole_number
from veritune.algebra.values.quantities import (
    above_one,
    compatible_words,
    conversion,
    letters_of,
    mentions_pi,
    radians,
    split_unit,
)
from veritune.algebra.values.units import Unit

DEGREE: Unit = (("°", 1),)
RADIAN: Unit = (("rad", 1),)
PERCENT: Unit = (("%", 1),)


def same_value(gold: Node, pred: Node, policy: AnswerPolicy) -> bool:
    """Whether a candidate's value is the reference's, units and precision considered."""
    (left, unit), (right, other) = split_unit(gold), split_unit(pred)
    if unit == other:
        return same_number(left, right, policy)
    if PERCENT in (unit, other):
        return _same_percent(left, unit, right, other, policy)
    if DEGREE in (unit, other) and {unit, other} <= {DEGREE, RADIAN, ()}:
        return _same_angle(left, unit, right, other, policy)
    if not (unit and other):
        if (unit and policy.units_required) or (other and other[0][0] in ("'", "''")):
            return False
        measured, plain = (gold, right) if unit else (pred, left)
        return same_number(left, right, policy) or _letters(measured, plain, policy)
    factor = conversion(other, unit)
    if factor is None:
        return compatible_words(unit, other) and same_number(left, right, policy)
    return same_number(left, right if factor == 1 else _times(right, factor), policy)


def _times(node: Node, factor: Fraction) -> Node:
    if isinstance(node, Num) and node.places is not None:
        return Num(node.value * factor, node.places, node.digits)
    return Mul((Num(factor), node))


def _letters(measured: Node, plain: Node, policy: AnswerPolicy) -> bool:
    """5 m or 6 nm read as products, where the other side has variables m and n."""
    if not isinstance(measured, Quantity):
        return False
    factors = letters_of(measured)
    names = frozenset().union(*map(variables, factors))
    if not factors or not names or not names <= variables(plain):
        return False
    return same_number(Mul((measured.value, *factors)), plain, policy)


def _same_angle(left: Node, unit: Unit, right: Node, other: Unit, policy: AnswerPolicy) -> bool:
    """Degrees, which may be left away or turned into radians."""
    if RADIAN not in (unit, other) and not policy.units_required:
        plain = right if unit == DEGREE else left
        if not mentions_pi(plain) and same_number(left, right, policy):
            return True
        if if_rational(plain) is not None:
            return False
    if policy.units_required and () in (unit, other) and not mentions_pi(Add((left, right))):
        return False
    return same_number(radians(left, unit), radians(right, other), policy)


def _same_percent(left: Node, unit: Unit, right: Node, other: Unit, policy: AnswerPolicy) -> bool:
    """Percents, whose sign may be left away, or which may be a plain fraction."""
    if unit and other:
        return False
    if policy.percent_as_fraction:
        first = Quantity(left, PERCENT) if unit else left
        second = Quantity(right, PERCENT) if other else right
        if same_number(first, second, policy):
            return True
    if policy.units_required and unit:
        return False
    return above_one(left) and same_number(left, right, policy)


def same_number(gold: Node, pred: Node, policy: AnswerPolicy) -> bool:
    """Exactly equal, or equal at printed precision."""
    infinite = infinity(gold), infinity(pred)
    if infinite != (0, 0):
        return infinite[0] == infinite[1]
    if not policy.unreduced_fractions and not _reduced(pred):
        return False
    try:
        if identical(gold, pred):
            return True
    except UndefinedError:
        return False
    if variables(gold) or variables(pred):
        return False
    literal = printed(gold)
    if literal is not None and rounds_to(literal, pred):
        return True
    return approximates(gold, pred, policy.tolerance)


def _reduced(node: Node) -> bool:
    """Whether every fraction of whole numbers in a candidate is in lowest terms."""
    for part in walk(node):
        if isinstance(part, Frac):
            top, bottom = whole_number(part.top), whole_number(part.bottom)
            if top is not None and bottom is not None and gcd(top, bottom) != 1:
                return False
    return True
