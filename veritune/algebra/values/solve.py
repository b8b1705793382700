"""From intervals, set expressions and inequalities in one unknown to sets of real numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

from veritune.algebra.limits import MOST_ITEMS, LimitReachedError, UndefinedError, UnparsedError
from veritune.algebra.trees.build import infinity, negated
from veritune.algebra.trees.children import variables, walk
from veritune.algebra.trees.names import is_name
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Builder,
    Collection,
    Func,
    Interval,
    NamedSet,
    Node,
    Num,
    Quantity,
    Relation,
    SetNode,
    SetOp,
    Sym,
)
from veritune.algebra.trees.signs import variants
from veritune.algebra.values.numeric import Evaluator, context
from veritune.algebra.values.polynomials import (
    DIGITS,
    NotPolynomialError,
    horner,
    rational_function,
    real_roots,
)
from veritune.algebra.values.realsets import (
    End,
    NotASetError,
    Piece,
    RealSet,
    complement,
    intersection,
    point,
    union,
    whole_line,
)

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpNumber

# A relation read from the right, or multiplied by a negative number.
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
Join = Callable[[RealSet, RealSet], RealSet]
OPERATIONS: dict[str, Join] = {
    "union": union, "intersection": intersection,
    "difference": lambda left, right: intersection(left, complement(right)),
}  # fmt: skip
# The least integer of each set of integers.
WHOLE = {"Z": float("-inf"), "N": 1.0, "N_0": 0.0, "Z+": 1.0, "N^*": 1.0, "Z^+": 1.0}
# How the numbers of other named sets compare with zero.
TO_ZERO = {
    "R+": ">", "R>0": ">", "R*+": ">", "R+*": ">", "R>=0": ">=", "R+0": ">=", "R-": "<",
    "R<0": "<", "R*-": "<", "R-*": "<", "R<=0": "<=", "R*": "!=", "R!=0": "!=",
}  # fmt: skip
# Relations whose solutions are intervals.
ORDERS = frozenset(("<", "<=", ">", ">="))


def is_setlike(node: Node) -> bool:
    """Whether a node can only be meant as a set or a condition."""
    if isinstance(node, SetNode):
        return True
    if isinstance(node, Relation):
        return any(op in ORDERS or op in ("in", "notin", "!=") for op in node.operators)
    return (
        isinstance(node, Collection)
        and node.kind in ("and", "or")
        and any(is_setlike(item) for item in node.items)
    )


def to_set(node: Node) -> RealSet:
    """The set of real numbers that a node stands for; raises `NotASetError`."""
    try:
        return _convert(node)
    except (UnparsedError, UndefinedError, NotPolynomialError, ZeroDivisionError):
        raise NotASetError from None


def _convert(node: Node) -> RealSet:
    match node:
        case Interval(low, high, low_closed, high_closed):
            return between(low, high, low_closed, high_closed)
        case Collection("paren", (low, high)):
            return between(low, high, False, False)
        case Collection("square", (low, high)):
            return between(low, high, True, True)
        case Collection("set", items):
            values = (value for item in items for value in variants(item))
            return reduce(union, (point(*_number(value)) for value in values), ())
        case Collection("list", items) if all(map(_is_condition, items)):
            sets = [_convert(item) for item in items]
            if reduce(intersection, sets):
                return _each_needed(sets, intersection, whole_line())
            return _each_needed(sets, union, ())
        case Collection("list" | "or", items):
            return _each_needed([_convert(item) for item in items], union, ())
        case Collection("and", items):
            return reduce(intersection, map(_convert, items))
        case NamedSet(name):
            return _named(name)
        case SetOp(kind, (left, right)):
            return OPERATIONS[kind](_convert(left), _convert(right))
        case Builder(element, condition):
            return _built(element, condition)
        case Relation():
            return _chain(node)
        case _:
            return point(*_number(node))


def _is_condition(node: Node) -> bool:
    """Whether a node is an inequality; with commas between them all hold, if they can."""
    return isinstance(node, Relation) and set(node.operators) <= ORDERS | {"!="}


def _each_needed(sets: list[RealSet], join: Join, start: RealSet) -> RealSet:
    """The sets joined; one that changes nothing says that this is not what is meant."""
    found = reduce(join, sets, start)
    for place in range(len(sets) if len(sets) > 1 else 0):
        if reduce(join, sets[:place] + sets[place + 1 :], start) == found:
            raise NotASetError
    return found


def _named(name: str) -> RealSet:
    compact = name.replace("{", "").replace("}", "").replace(" ", "")
    if compact == "empty":
        return ()
    if compact == "R":
        return whole_line()
    if compact not in TO_ZERO:
        raise NotASetError
    return _half_line(TO_ZERO[compact], context().mpf(0), None)


def _built(element: Node, condition: Node) -> RealSet:
    """{x in A : condition}; the condition must be about the element."""
    domain = whole_line()
    if isinstance(element, Relation) and element.operators == ("in",):
        element, within = element.sides
        whole = WHOLE.get(within.name.strip("{} ")) if isinstance(within, NamedSet) else None
        if whole is not None and isinstance(element, Sym):
            return _whole_numbers(_convert(condition), whole)
        domain = _convert(within)
    if not isinstance(element, Sym) or variables(condition) != {element.name}:
        raise NotASetError
    return intersection(domain, _convert(condition))


def _whole_numbers(pieces: RealSet, least: float) -> RealSet:
    """The integers, from the least of their kind on, in a bounded set."""
    mp = context()
    found: RealSet = ()
    for piece in pieces:
        low, high = piece.low.value, piece.high.value
        if mp.isinf(high) or (mp.isinf(low) and math.isinf(least)):
            raise NotASetError
        first, last = int(mp.ceil(low if low >= least else mp.mpf(least))), int(mp.floor(high))
        if last - first > MOST_ITEMS:
            raise LimitReachedError("too many whole numbers")
        for k in range(first, last + 1):
            found = union(found, point(mp.mpf(k), Num(k)))
    return intersection(found, pieces)


def _number(node: Node) -> tuple[MpNumber, Node | None]:
    """The value of an end, with its expression."""
    mp = context()
    if sign := infinity(node):
        return sign * mp.inf, None
    if isinstance(node, Quantity) and node.unit[0][0] not in ("°", "%"):
        node = node.value
    if variables(node):
        raise NotASetError
    value = Evaluator(DIGITS, real=True).value(node)
    if not isinstance(value, mp.mpf):
        raise NotASetError
    return value, node


def between(low: Node, high: Node, low_closed: bool, high_closed: bool) -> RealSet:
    """The interval; an infinite end is open however it is written."""
    mp = context()
    (a, first), (b, second) = _number(low), _number(high)
    if a > b:
        raise NotASetError
    if a == b and not (low_closed and high_closed):
        return ()
    left = End(a, low_closed and not mp.isinf(a), first)
    return (Piece(left, End(b, high_closed and not mp.isinf(b), second)),)


def _chain(node: Relation) -> RealSet:
    """The numbers for which every step of a chain holds."""
    found = whole_line()
    sides = node.sides
    if sum(isinstance(part, Apply) for side in sides for part in walk(side)) > 1:
        raise NotASetError
    for operator, left, right in zip(node.operators, sides, sides[1:], strict=False):
        found = intersection(found, _solved(left, operator, right))
    return found


def _solved(left: Node, operator: str, right: Node) -> RealSet:
    if operator in ("in", "notin"):
        if not is_name(left):
            raise NotASetError
        inside = _convert(right)
        return inside if operator == "in" else complement(inside)
    if operator not in FLIPPED:
        raise NotASetError
    if not variables(left):
        left, operator, right = right, FLIPPED[operator], left
    if not variables(left):
        raise NotASetError
    if variables(right):
        return _by_roots(left, operator, right)
    value, exact = _number(right)
    if is_name(left):
        return _half_line(operator, value, exact)
    if isinstance(left, Func) and left.name == "abs":
        return _absolute(left.args[0], operator, right)
    return _by_roots(left, operator, right)


def _half_line(operator: str, value: MpNumber, exact: Node | None) -> RealSet:
    mp = context()
    if operator == "=":
        return point(value, exact)
    if operator == "!=":
        return complement(point(value, exact))
    end = End(value, operator.endswith("=") and not mp.isinf(value), exact)
    if operator[0] == "<":
        return (Piece(End(-mp.inf, False), end),)
    return (Piece(end, End(mp.inf, False)),)


def _absolute(inner: Node, operator: str, right: Node) -> RealSet:
    low = negated(right)
    if operator in ("<", "<="):
        first = _solved(inner, FLIPPED[operator], low)
        return intersection(first, _solved(inner, operator, right))
    if operator in ("=", "!="):
        either = union(_solved(inner, "=", low), _solved(inner, "=", right))
        return either if operator == "=" else complement(either)
    return union(_solved(inner, FLIPPED[operator], low), _solved(inner, operator, right))


def _by_roots(left: Node, operator: str, right: Node) -> RealSet:
    """Where a rational function has the right sign, between its zeros and poles."""
    unknown = variables(left) | variables(right)
    if len(unknown) != 1:
        raise NotASetError
    (name,) = unknown
    top, bottom = rational_function(Add((left, negated(right))), name)
    zeros, poles = real_roots(top), real_roots(bottom)
    if len(top) == 1 and len(zeros) == 0 and not top[0]:
        raise NotASetError
    mp = context()
    places = sorted([*zeros, *poles])
    inside = [(low + high) / 2 for low, high in itertools.pairwise(places)]
    if places:
        inside = [places[0] - 1 - abs(places[0]), *inside, places[-1] + 1 + abs(places[-1])]
    found: RealSet = ()
    ends = itertools.pairwise([-mp.inf, *places, mp.inf])
    for (low, high), x in zip(ends, inside or [mp.mpf(0)], strict=True):
        if _holds(operator, horner(top, x) / horner(bottom, x)):
            found = union(found, (Piece(End(low, False), End(high, False)),))
    if operator in ("<=", ">=", "="):
        for zero in zeros:
            if not any(abs(zero - pole) < mp.mpf(10) ** -30 for pole in poles):
                found = union(found, point(zero))
    if len(places) > 200:
        raise LimitReachedError("too many roots")
    return found


def _holds(operator: str, value: MpNumber) -> bool:
    if operator in ("=", "!="):
        return operator == "!="
    return bool(value < 0) == (operator[0] == "<")
