"""Whether two expressions are the same: exactly where that can be decided.

Rational expressions are decided modulo a prime. Algebraic numbers are compared to as many digits
as separate them provably. Other closed numbers must agree to far more digits than any size that
occurs in them; functions must agree so at random points of their common real domain, and next to
every place where an absolute value, a rounding or a case distinction changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from veritune.algebra.equality.ellipses import has_dots, without_dots
from veritune.algebra.equality.sampling import agree_everywhere
from veritune.algebra.limits import (
    MOST_PRECISION,
    MOST_VARIABLES,
    LimitReachedError,
    UndefinedError,
)
from veritune.algebra.trees.children import parts, variables
from veritune.algebra.trees.nodes import Big, Const, Node
from veritune.algebra.values.modular import compare_residues
from veritune.algebra.values.numeric import Evaluator, context
from veritune.algebra.values.separation import separation_bits

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpNumber

# Digits of the first look.
QUICK = 30
# Digits beyond the largest size that must agree.
SPARE = 60
# Leading digits that agree where two values are the same.
CLOSE = 20
# The logarithm of 10 to the base 2.
BITS_A_DIGIT = 3.3219281
# Digits; a proof that two numbers are the same is not tried where it needs more.
MOST_SEPARATION = 6_000


def identical(left: Node, right: Node) -> bool:
    """Whether both sides always have the same value."""
    if left == right:
        return True
    if has_dots(left) or has_dots(right):
        left, right = without_dots(left, identical), without_dots(right, identical)
    if _infinite(left) or _infinite(right):
        return False
    names = variables(left) | variables(right)
    if len(names) > MOST_VARIABLES:
        raise LimitReachedError(f"more than {MOST_VARIABLES} variables")
    try:
        decided = compare_residues(left, right)
    except UndefinedError:
        return False
    if decided is not None:
        return decided
    return _same(left, right, names)


def _infinite(node: Node) -> bool:
    """Whether infinity stands in an expression, and not as the end of a sum or an integral."""
    if isinstance(node, Big):
        return _infinite(node.body)
    return node == Const("oo") or any(map(_infinite, parts(node)))


def _same(left: Node, right: Node, names: frozenset[str]) -> bool:
    if names:
        return agree_everywhere(left, right, names)
    try:
        return same_constant(left, right)
    except UndefinedError:
        return False


def same_constant(left: Node, right: Node) -> bool:
    """Whether two closed expressions have the same value."""
    first, second, largest = evaluated(left, right, QUICK)
    if clearly_different(first, second, QUICK, largest):
        return False
    digits = SPARE + 2 * int(largest / BITS_A_DIGIT)
    bits = separation_bits(left, right)
    if bits is not None and bits / BITS_A_DIGIT < MOST_SEPARATION:
        digits = max(digits, int(bits / BITS_A_DIGIT) + int(largest / BITS_A_DIGIT) + 20)
    if digits > max(MOST_PRECISION, MOST_SEPARATION + 200):
        if _far_apart(left, right):
            return False
        raise LimitReachedError("more digits needed than the limit")
    try:
        first, second, largest = evaluated(left, right, digits)
    except LimitReachedError:
        if _far_apart(left, right):
            return False
        raise
    if clearly_different(first, second, digits, largest):
        return False
    return _close(first, second) or _closes_in(left, right, digits, abs(first - second))


def _close(first: MpNumber, second: MpNumber) -> bool:
    """Whether two values agree in their leading digits."""
    return bool(abs(first - second) <= max(abs(first), abs(second)) * 10.0**-CLOSE)


def _closes_in(left: Node, right: Node, digits: int, gap: MpNumber) -> bool:
    """Whether a gap between values near zero vanishes with more digits, so that it was rounding."""
    if 2 * digits > 2 * MOST_SEPARATION:
        raise LimitReachedError("more digits needed than the limit")
    first, second, _ = evaluated(left, right, 2 * digits)
    return _close(first, second) or bool(abs(first - second) <= gap * 10.0**-CLOSE)


def _far_apart(left: Node, right: Node) -> bool:
    """Whether the values differ visibly, and do not change with more digits."""
    first, second, _ = evaluated(left, right, QUICK)
    third, fourth, _ = evaluated(left, right, 4 * QUICK)
    size = max(abs(third), abs(fourth))
    steady = abs(first - third) + abs(second - fourth) < size * 1e-9
    return bool(steady and abs(third - fourth) > size * 1e-6)


def evaluated(left: Node, right: Node, digits: int) -> tuple[MpNumber, MpNumber, float]:
    """Both values to `digits` digits, and the bits of the largest size met on the way."""
    at = Evaluator(digits, real=False)
    first, second = at.value(left), at.value(right)
    if not (at.mp.isfinite(first) and at.mp.isfinite(second)):
        raise UndefinedError("not finite")
    return first, second, at.largest


def clearly_different(first: MpNumber, second: MpNumber, digits: int, largest: float) -> bool:
    """Whether the gap is more than rounding can have made, all sizes considered."""
    gap = abs(first - second)
    if not gap:
        return False
    mp = context()
    size = max(abs(first), abs(second))
    lost = largest / BITS_A_DIGIT
    if digits - lost < 12:
        return False
    allowed = mp.mpf(10) ** (5 - digits) * mp.mpf(2) ** max(int(largest), 0)
    return bool(gap > allowed + size * mp.mpf(10) ** (8 - digits))
