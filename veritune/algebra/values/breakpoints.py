"""Places where a function changes its formula, so that random points could miss a difference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import isfinite

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
# From -SPAN to SPAN, in STEPS: a change of sign between two of them is a breakpoint.
SPAN = 60
STEPS = 480
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
    """Zeros of a border: of its polynomials, else by scanning and bisection."""
    if name not in variables(border):
        return
    try:
        top, bottom = rational_function(border, name)
        for root in [*real_roots(top), *real_roots(bottom)]:
            yield Fraction(str(root)).limit_denominator(10**9)
        return
    except (NotPolynomialError, UndefinedError, UnparsedError, LimitReachedError):
        pass
    at = Evaluator(15, None, real=True)

    def sample(x: float) -> float | None:
        at.point = {name: at.mp.mpf(x)}
        try:
            value = at.value(border)
            return float(value) if isinstance(value, at.mp.mpf) and isfinite(value) else None
        except (UndefinedError, LimitReachedError, UnparsedError, OverflowError):
            return None

    yield from _scan(sample)


def _scan(sample: Callable[[float], float | None]) -> Iterator[Fraction]:
    last_x, last = -float(SPAN), sample(-float(SPAN))
    for step in range(1, STEPS + 1):
        x = -SPAN + 2.0 * SPAN * step / STEPS
        value = sample(x)
        if value == 0:
            yield Fraction(x).limit_denominator(10**6)
        elif value is not None and last and (value < 0) != (last < 0):
            yield _bisect(sample, last_x, x, last)
        last_x, last = x, value


def _bisect(
    sample: Callable[[float], float | None], low: float, high: float, at_low: float
) -> Fraction:
    for _ in range(50):
        middle = (low + high) / 2
        value = sample(middle)
        if value is None or value == 0:
            break
        if (value < 0) == (at_low < 0):
            low = middle
        else:
            high = middle
    return Fraction((low + high) / 2).limit_denominator(10**9)
