"""What a solution has stated about its unknowns, and whether a new statement follows.

A statement follows if it has the same solutions as an earlier one, is a combination of earlier
ones, or holds with the values found. Statements that follow from nothing may be new facts; they
are wrong only where they contradict what was stated before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce

from veritune.algebra import (
    Collection,
    Func,
    Node,
    RealSet,
    Relation,
    Sym,
    close,
    has_sign,
    rational,
    to_set,
    union,
    variables,
    variants,
    walk,
)
from veritune.verifiers.steps import polynomial
from veritune.verifiers.steps.calculations import REFUSALS
from veritune.verifiers.steps.polynomial import Polynomial


@dataclass(eq=False)
class Fact:
    """One relation between two sides, or alternatives, and where in the text it stands."""

    node: Node
    step: int
    start: int
    end: int
    wrong: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """Its unknowns."""
        return variables(self.node)

    @cached_property
    def solutions(self) -> RealSet | None:
        """The real solutions, where there is one unknown and they can be told."""
        if len(self.names) != 1 or _is_function_value(self.node):
            return None
        try:
            return _solutions(self.node)
        except REFUSALS:
            return None

    @property
    def sides(self) -> tuple[Node, ...]:
        """Both sides of an equation; none of any other statement."""
        node = self.node
        return node.sides if isinstance(node, Relation) and node.operators == ("=",) else ()

    @cached_property
    def polynomial(self) -> Polynomial | None:
        """What is zero where an equation holds."""
        if not self.sides or has_sign(self.node):
            return None
        try:
            return polynomial.equation(*self.sides)
        except REFUSALS:
            return None

    @cached_property
    def value(self) -> tuple[str, Fraction] | None:
        """The name and the value of `x = 3`."""
        if not self.sides:
            return None
        left, right = self.sides
        if isinstance(right, Sym):
            left, right = right, left
        if not isinstance(left, Sym):
            return None
        try:
            return left.name, rational(right)
        except REFUSALS:
            return None

    @cached_property
    def lists_values(self) -> bool:
        """Whether it says outright what the unknown is: `x = 2 or x = 3`, `x < 4`."""
        items = self.node.items if isinstance(self.node, Collection) else (self.node,)
        return all(_lists_value(item) for item in items)

    @cached_property
    def definition(self) -> tuple[str, Polynomial] | None:
        """The name and the expression of `y = 2x + 1`."""
        for name, other in (self.sides, self.sides[::-1]) if self.sides else ():
            if isinstance(name, Sym) and name.name not in variables(other):
                try:
                    return name.name, polynomial.expression(other)
                except REFUSALS:
                    return None
        return None


def _is_function_value(node: Node) -> bool:
    """Whether it speaks of a function of the unknown, such as cos x = 0: which has many solutions,
    and the reader of answers takes for the name of a value."""
    return any(
        isinstance(part, Func) and part.name != "abs" and variables(part) for part in walk(node)
    )


def _lists_value(node: Node) -> bool:
    if not isinstance(node, Relation):
        return True
    named = any(isinstance(side, Sym) for side in node.sides)
    return named and sum(bool(variables(side)) for side in node.sides) == 1


def _solutions(node: Node) -> RealSet:
    if isinstance(node, Collection):
        return reduce(union, map(_solutions, node.items), ())
    if has_sign(node):
        return reduce(union, map(to_set, variants(node)), ())
    return to_set(node)


def same(left: RealSet, right: RealSet) -> bool:
    """Whether two sets are equal."""
    one, other = points(left), points(right)
    if one is not None and other is not None:
        return near(one, other) and near(other, one)
    return len(left) == len(right) and all(
        close(one.low.value, other.low.value)
        and close(one.high.value, other.high.value)
        and one.low.closed == other.low.closed
        and one.high.closed == other.high.closed
        for one, other in zip(left, right, strict=True)
    )


def _tells(solutions: RealSet) -> bool:
    """Whether a set is neither empty nor the whole line, which equations share by chance."""
    infinite = [piece for piece in solutions if piece.low.node is piece.high.node is None]
    return bool(solutions) and not infinite


def near(some: list[float], others: list[float]) -> bool:
    """Whether each of some numbers is among others."""
    return all(any(abs(a - b) <= 1e-12 * (1 + abs(a)) for b in others) for a in some)


def points(solutions: RealSet) -> list[float] | None:
    """The numbers of a finite set."""
    if any(not close(piece.low.value, piece.high.value) for piece in solutions):
        return None
    numbers = [float(piece.low.value) for piece in solutions]
    return [0.0 if abs(number) < 1e-30 else number for number in numbers]


def follows(fact: Fact, earlier: Sequence[Fact]) -> Fact | str | None:
    """The fact, or the way, by which a statement follows from earlier ones; None if none does."""
    for other in reversed(earlier):
        if fact.solutions is None or other.solutions is None or other.names != fact.names:
            continue
        if _tells(fact.solutions) and same(fact.solutions, other.solutions):
            return other
    if fact.polynomial is None:
        return None
    rows = [other.polynomial for other in earlier if other.polynomial is not None]
    if polynomial.follows(fact.polynomial, rows):
        return "a combination of earlier equations"
    for values, how in ((_values(earlier), "values"), (_definitions(earlier), "definitions")):
        used = {name: value for name, value in values.items() if name in fact.names}
        if not used:
            continue
        put = polynomial.substituted(fact.polynomial, values)
        if not put:
            return f"holds with the {how} of {', '.join(sorted(used))}"
        others = [polynomial.substituted(row, values) for row in rows]
        if polynomial.follows(put, others):
            return f"follows with the {how} of {', '.join(sorted(used))}"
    return None


def contradicts(fact: Fact, earlier: Sequence[Fact]) -> str | None:
    """Why a statement cannot hold beside the earlier ones, if it cannot."""
    if fact.polynomial is None:
        return None
    values = _values(earlier)
    put = polynomial.substituted(fact.polynomial, values)
    if put and not polynomial.names_of(put):
        used = sorted(fact.names & values.keys())
        if fact.value is None and used:
            return "does not hold with the values of " + ", ".join(used)
    if fact.value is not None and (known := _implied(fact.value[0], earlier)) is not None:
        return None if known == fact.value[1] else f"{fact.value[0]} is {known} by what was stated"
    rows = [other.polynomial for other in earlier if other.polynomial is not None]
    linear = [row for row in rows if polynomial.degree(row) <= 1]
    unknowns = set().union(*map(polynomial.names_of, linear)) if linear else set()
    solved = polynomial.rank(linear) == len(unknowns) and len(linear) > 1
    if solved and fact.names <= unknowns and polynomial.degree(fact.polynomial) <= 1:
        return "differs from the solution of the equations"
    return None


def _implied(name: str, facts: Sequence[Fact]) -> Fraction | None:
    """The value that an earlier equation gives an unknown with the values of the others."""
    values = {other: value for other, value in _values(facts).items() if other != name}
    for fact in reversed(facts):
        if fact.value is not None or fact.polynomial is None or len(fact.names) < 2:
            continue
        put = polynomial.substituted(fact.polynomial, values)
        slope = put.get(((name, 1),))
        if slope and polynomial.names_of(put) == {name} and polynomial.degree(put) == 1:
            return -put.get((), Fraction(0)) / slope
    return None


def _values(facts: Sequence[Fact]) -> dict[str, Polynomial]:
    """The newest value of each unknown that has one."""
    found = {fact.value[0]: fact.value[1] for fact in facts if fact.value is not None}
    return {name: {(): value} if value else {} for name, value in found.items()}


def _definitions(facts: Sequence[Fact]) -> dict[str, Polynomial]:
    """The newest expression for each unknown that has one, not in terms of each other."""
    found = {fact.definition[0]: fact.definition[1] for fact in facts if fact.definition}
    return {
        name: poly for name, poly in found.items() if not polynomial.names_of(poly) & found.keys()
    }
