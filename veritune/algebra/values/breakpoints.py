"""Places where a function changes its formula, so that random points could miss a difference."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError
from veritune.algebra.tables import table
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.children import variables, walk
from veritune.algebra.trees.nodes import (
    Add,
    Cases,
    Collection,
    Func,
    Node,
    Num,
    Relation,
    Root,
)
from veritune.algebra.values.numeric import Evaluator
from veritune.algebra.values.polynomials import (
    NotPolynomialError,
    rational_function,
    real_roots,
)

# Functions whose formula changes where their argument passes a certain value.
BENT = table("abs floor ceil sign round mod max min")
# Those that do so at every integer.
ROUNDED = table("floor ceil round mod")
# So many cells to the left and right of 0: where the sign changes in one is a breakpoint.
SPAN = 240
CELL = Fraction(1, 4)
# Places of one formula; where there are more, not each is looked at.
MOST_ROOTS = 60


def has_breakpoints(node: Node) -> bool:
    """Whether the formula may change from place to place."""
    for part in walk(node):
        if isinstance(part, Cases):
            return True
        if isinstance(part, Func) and part.name in BENT and variables(part):
            return True
        if isinstance(part, Root) and part.degree % 2 == 0 and variables(part.radicand):
            return True
    return False


def points_at_breakpoints(left: Node, right: Node, name: str, whole: bool) -> list[Fraction]:
    """The breakpoints of both sides, a little to the left and right of them, and between them."""
    places: set[Fraction] = set()
    for side in (left, right):
        for border in _borders(side):
            places |= set(_roots(border, name))
            if len(places) > MOST_ROOTS:
                break
    places |= {Fraction(k) for k in range(-3, 4)}
    if whole:
        near = {Fraction(round(place) + step) for place in places for step in (-1, 0, 1)}
        return sorted(near | {Fraction(k) for k in (*range(1, 40), 100, 101)} - {Fraction(0)})
    ordered = sorted(places)
    around = [place + step for place in ordered for step in (-STEP, Fraction(0), STEP)]
    between = [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
    return [*around, *between, ordered[0] - 10, ordered[-1] + 10]


# Beside a breakpoint, on either side of it: near enough for the next one to be beyond.
STEP = Fraction(1, 10**6)


def _borders(node: Node) -> Iterator[Node]:
    """Expressions whose zeros are breakpoints."""
    for part in walk(node):
        if isinstance(part, Cases):
            for _, guard in part.pieces:
                if guard is not None:
                    yield from _differences(guard)
        elif isinstance(part, Func) and part.name in BENT:
            yield from _of_function(part)
        elif isinstance(part, Root) and part.degree % 2 == 0:
            yield part.radicand


def _differences(guard: Node) -> Iterator[Node]:
    for part in walk(guard):
        if isinstance(part, Relation):
            for first, second in zip(part.sides, part.sides[1:], strict=False):
                yield Add((first, negated(second)))


def _of_function(node: Func) -> Iterator[Node]:
    args = node.args[0].items if isinstance(node.args[0], Collection) else node.args
    if node.name in ROUNDED:
        for k in range(-3, 4):
            yield Add((args[0], Num(-k)))
    elif node.name in ("max", "min"):
        for i, first in enumerate(args[:6]):
            for second in args[i + 1 : 6]:
                yield Add((first, negated(second)))
    else:
        yield args[0]


def _roots(border: Node, name: str) -> Iterator[Fraction]:
    """Zeros of a border, of its polynomials; else the ends of the cells that hold some."""
    if name not in variables(border):
        return
    try:
        top, bottom = rational_function(border, name)
        for root in [*real_roots(top), *real_roots(bottom)]:
            yield Fraction(str(root)).limit_denominator(10**9)
        return
    except (NotPolynomialError, UndefinedError, UnparsedError, LimitReachedError):
        pass
    at, last = Evaluator(15, real=True), None
    for step in range(-SPAN, SPAN + 1):
        x = step * CELL
        at.point = {name: at.mp.mpf(x.numerator) / x.denominator}
        sign = _sign(at, border)
        if last is not None and sign is not None and sign != last:
            yield from (x - CELL, x)
        last = sign


def _sign(at: Evaluator, node: Node) -> int | None:
    """-1, 0 or 1; None where a node has no real value."""
    try:
        value = at.value(node)
    except (UndefinedError, LimitReachedError, UnparsedError, OverflowError):
        return None
    return int(value > 0) - int(value < 0) if isinstance(value, at.mp.mpf) else None
