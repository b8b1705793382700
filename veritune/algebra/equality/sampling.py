"""Whether two functions agree: at random points, and beside every breakpoint.

A point where one side leaves the real numbers, or has no value, says nothing; enough points must
speak. Where an expression only makes sense for whole numbers, whole numbers are taken.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from veritune.algebra.limits import (
    MOST_PRECISION,
    LimitReachedError,
    UndefinedError,
)
from veritune.algebra.tables import table
from veritune.algebra.trees.children import renamed, variables, walk
from veritune.algebra.trees.nodes import Big, Func, Mul, Node, Num, Pow
from veritune.algebra.values.breakpoints import has_breakpoints, points_at_breakpoints
from veritune.algebra.values.numeric import DomainError, Evaluator, UncoveredError, context

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpNumber

# To start with; where numbers are large, as many more as they have digits before the point.
DIGITS = 40
# Points at which both sides must have a value and agree.
NEEDED = 4
# Points that are tried for these, since a function may be undefined at most of them.
TRIES = 24
# As `NEEDED`, where a formula changes from place to place.
BREAKPOINT_POINTS = 40
# Of random points, in turn: some functions are defined near 0 only, others differ far from it.
SIZES = (0.4, 2.0, 1.0, 7.0, 3.0, 30.0, 0.1)
# Letters that stand for whole numbers where anything suggests it.
COUNTERS = table("n m k l j i N M K p q r")
# Whole numbers are tried from every residue of this, since (-1)^n and n mod 3 hide from some.
RESIDUES = 12
# Points where there are whole variables.
WHOLE_NEEDED = 8
# Multiples of the residues' number that are added.
BLOCKS = (0, 1, 0, 3, 0, 0, 5, 0, 12)
# Letters that are whole numbers where they are rounded.
CERTAIN = table("n m k N")
# Functions whose arguments are whole numbers, unless something says otherwise.
WHOLE_FUNCTIONS = table("factorial factorial2 binomial gcd lcm mod")

Point = dict[str, int | Fraction]


def agree_everywhere(left: Node, right: Node, names: frozenset[str]) -> bool:
    """Whether both sides agree at every point that is tried."""
    whole = whole_variables(left) | whole_variables(right)
    whole &= COUNTERS | (whole_variables(left) & whole_variables(right))
    bent = has_breakpoints(left) or has_breakpoints(right)
    points = random_points(names, whole)
    needed = BREAKPOINT_POINTS if bent else WHOLE_NEEDED if whole else NEEDED
    agreed = _agree(left, right, points, needed, real=True)
    if agreed is None:
        points = random_points(names, whole)
        agreed = _agree(left, right, points, NEEDED, real=False)
    if not agreed:
        return False
    return not bent or all(
        _same_at(left, right, point, real=True) is not False
        for point in _beside_breakpoints(left, right, names, whole)
    )


def _beside_breakpoints(
    left: Node, right: Node, names: frozenset[str], whole: frozenset[str]
) -> Iterator[Point]:
    """Points along each variable in turn, the others held, beside every breakpoint on that line."""
    for name in sorted(names):
        for others in islice(random_points(names - {name}, whole), 1 if len(names) == 1 else 2):
            held: dict[str, Node] = {other: Num(place) for other, place in others.items()}
            sides = renamed(left, held), renamed(right, held)
            for place in points_at_breakpoints(*sides, name, name in whole):
                yield {**others, name: place}


def _agree(
    left: Node, right: Node, points: Iterator[Point], needed: int, *, real: bool
) -> bool | None:
    """None where too few points have values on both sides."""
    spoken = 0
    for point in islice(points, max(TRIES, 2 * needed)):
        same = _same_at(left, right, point, real=real)
        if same is False:
            return False
        spoken += bool(same)
        if spoken >= needed:
            return True
    return True if spoken >= NEEDED else None


def _same_at(left: Node, right: Node, point: Point, *, real: bool) -> bool | None:
    """Whether both sides agree at one point; None where one has no value there."""
    digits = DIGITS
    for _ in range(3):
        try:
            first, second, largest = _evaluate(left, right, point, digits, real)
        except (UndefinedError, LimitReachedError, OverflowError):
            return None
        wanted = DIGITS + int(largest / 3.32) * 2
        if wanted > MOST_PRECISION:
            return None
        gap, size = abs(first - second), max(abs(first), abs(second))
        mp = context()
        if gap > size * mp.mpf(10) ** -8 and digits - largest / 3.32 > 15:
            return False
        if digits >= wanted:
            return bool(gap <= size * mp.mpf(10) ** (12 - digits + int(largest / 3.32)))
        digits = wanted
    return None


def _evaluate(
    left: Node, right: Node, point: Point, digits: int, real: bool
) -> tuple[MpNumber, MpNumber, float]:
    at = Evaluator(digits, None, real=real)
    at.point = {name: at.mp.mpf(v.numerator) / v.denominator for name, v in point.items()}
    first = _covered(at, left)
    at.real = real
    second = _covered(at, right)
    if first is None or second is None:
        if first is second:
            raise DomainError
        return at.mp.mpf(0), at.mp.mpf(1), 0.0
    if not (at.mp.isfinite(first) and at.mp.isfinite(second)):
        raise UndefinedError("not finite")
    return first, second, at.largest


def _covered(at: Evaluator, node: Node) -> MpNumber | None:
    """The value; None where no piece of a piecewise function holds."""
    try:
        return at.value(node)
    except UncoveredError:
        return None


def random_points(names: frozenset[str], whole: frozenset[str]) -> Iterator[Point]:
    """Points of many sizes and both signs; whole variables count from 1 and then mix."""
    draw = random.SystemRandom()
    ordered = sorted(names)
    for round_ in range(200):
        size = SIZES[round_ % len(SIZES)]
        yield {
            name: _whole(draw, round_, index) if name in whole else _real(draw, size, round_, index)
            for index, name in enumerate(ordered)
        }


def _whole(draw: random.Random, round_: int, index: int) -> Fraction:
    """Small numbers first and in a row; other variables go through them at their own pace."""
    step = (1, 5, 7, 11)[index % 4]
    residue = (round_ * step + (draw.randrange(RESIDUES) if index else 0)) % RESIDUES
    return Fraction(1 + residue + RESIDUES * BLOCKS[round_ % len(BLOCKS)])


def _real(draw: random.Random, size: float, round_: int, index: int) -> Fraction:
    value = Fraction(draw.randint(10**8, 10**9), 10**9) * Fraction(size)
    positive = round_ % 3 == 0 or draw.random() < 0.5
    return value if positive else -value


def whole_variables(node: Node) -> frozenset[str]:
    """Variables that only make sense as whole numbers: n in n!, in (-1)^n, as a bound."""
    found: set[str] = set()
    for part in walk(node):
        if isinstance(part, Func) and part.name in WHOLE_FUNCTIONS:
            found |= variables(part)
        elif isinstance(part, Func) and part.name in ("floor", "ceil"):
            found |= variables(part) & CERTAIN
        elif isinstance(part, Big) and part.kind in ("sum", "prod"):
            found |= variables(part.low) | variables(part.high)
        elif isinstance(part, Pow) and _negative(part.base):
            found |= variables(part.exponent)
    return frozenset(found)


def _negative(node: Node) -> bool:
    if isinstance(node, Num):
        return node.value < 0
    return isinstance(node, Mul) and node.factors[0] == Num(-1) and not variables(node)
