"""What a solution has stated about its unknowns, and whether a new statement follows.

A statement follows if it has the same solutions as an earlier one, is a combination of earlier
ones, or holds with the values found. Statements that follow from nothing may be new facts; they
are wrong only where they contradict what was stated before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from math import isinf

from veritune.algebra import (
    Collection,
    Frac,
    Func,
    Node,
    Num,
    Pow,
    RealSet,
    Relation,
    Sym,
    close,
    has_sign,
    rational,
    renamed,
    to_set,
    union,
    variables,
    variants,
    walk,
)
from veritune.verifiers.steps import polynomial
from veritune.verifiers.steps.calculations import REFUSALS
from veritune.verifiers.steps.polynomial import Residues

# Below it a solution is zero: it is found to more digits.
_ZERO = 1e-30


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

    def residues(self, given: Mapping[str, Node]) -> Residues | None:
        """What is zero where an equation holds with some of its unknowns replaced."""
        if not given:
            return self.polynomial
        if not self.sides or has_sign(self.node):
            return None
        left, right = (renamed(side, dict(given)) for side in self.sides)
        return _residues(left, right)

    def divisors(self, given: Mapping[str, Node]) -> list[Residues]:
        """What it divides by, with some of its unknowns replaced."""
        found = (_divisor(part) for part in walk(self.node))
        below = (renamed(node, dict(given)) for node in found if node is not None)
        return [row for node in below if (row := _residues(node, Num(0))) is not None]

    @cached_property
    def polynomial(self) -> Residues | None:
        """What is zero where an equation holds."""
        return _residues(*self.sides) if self.sides and not has_sign(self.node) else None

    @cached_property
    def definition(self) -> tuple[str, Node] | None:
        """The name and the expression of `y = 2x + 1`."""
        for name, other in (self.sides, self.sides[::-1]) if self.sides else ():
            if isinstance(name, Sym) and name.name not in variables(other):
                return name.name, other
        return None

    @cached_property
    def value(self) -> tuple[str, Fraction] | None:
        """The name and the value of `x = 3`."""
        if self.definition is None or variables(self.definition[1]):
            return None
        try:
            return self.definition[0], rational(self.definition[1])
        except REFUSALS:
            return None

    @cached_property
    def lists_values(self) -> bool:
        """Whether it says outright what the unknown is: `x = 2 or x = 3`, `x < 4`."""
        items = self.node.items if isinstance(self.node, Collection) else (self.node,)
        return all(_lists_value(item) for item in items)


def _residues(left: Node, right: Node) -> Residues | None:
    try:
        return polynomial.equation(left, right)
    except REFUSALS:
        return None


def _divisor(node: Node) -> Node | None:
    match node:
        case Frac(_, below):
            return below
        case Pow(base, exponent) if not (isinstance(exponent, Num) and exponent.value >= 0):
            return base
        case _:
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
    return len(left) == len(right) and all(
        (close(end.value, twin.value) or max(abs(end.value), abs(twin.value)) < _ZERO)
        and end.closed == twin.closed
        for piece, its in zip(left, right, strict=True)
        for end, twin in ((piece.low, its.low), (piece.high, its.high))
    )


def _differ(fact: Fact, other: Fact) -> bool:
    """Whether two linear equations in one unknown differ, though by less than digits show."""
    rows = [one.polynomial for one in (fact, other) if one.polynomial is not None]
    return len(rows) == 2 and all(map(polynomial.is_linear, rows)) and polynomial.rank(rows) == 2


def _tells(solutions: RealSet) -> bool:
    """Whether a set is neither empty nor the whole line, which equations share by chance."""
    return bool(solutions) and not any(
        isinf(piece.low.value) and isinf(piece.high.value) for piece in solutions
    )


def near(some: list[float], others: list[float]) -> bool:
    """Whether each of some numbers is among others."""
    return all(any(abs(a - b) <= 1e-9 * (1 + abs(a)) for b in others) for a in some)


def points(solutions: RealSet) -> list[float] | None:
    """The numbers of a finite set."""
    if any(not close(piece.low.value, piece.high.value) for piece in solutions):
        return None
    numbers = [float(piece.low.value) for piece in solutions]
    return [0.0 if abs(number) < _ZERO else number for number in numbers]


def follows(fact: Fact, earlier: Sequence[Fact]) -> Fact | str | None:
    """The fact, or the way, by which a statement follows from earlier ones; None if none does."""
    for other in reversed(earlier):
        if fact.solutions is None or other.solutions is None or other.names != fact.names:
            continue
        if not _tells(fact.solutions) or _differ(fact, other):
            continue
        if same(fact.solutions, other.solutions):
            return other
    if _loses(fact, earlier):
        return None
    if _combines(fact, earlier, {}):
        return "a combination of earlier equations"
    given = _definitions(earlier)
    used = fact.names & given.keys()
    if not used or not _combines(fact, earlier, given):
        return None
    way = "follows" if any(fact.residues(given) or ()) else "holds"
    return f"{way} with what {', '.join(sorted(used))} stands for"


def _combines(fact: Fact, earlier: Sequence[Fact], given: Mapping[str, Node]) -> bool:
    """Whether an equation is a combination of others, and nothing is divided by zero."""
    put = fact.residues(given)
    if put is None:
        return False
    rows = [row for other in earlier if (row := other.residues(given)) is not None]
    return (not any(put) or polynomial.follows(put, rows)) and not _by_zero(fact, earlier, given)


def by_zero(fact: Fact, earlier: Sequence[Fact]) -> bool:
    """Whether a statement divides by what is zero, as earlier ones say."""
    return any(_by_zero(fact, earlier, given) for given in ({}, _definitions(earlier)))


def _by_zero(fact: Fact, earlier: Sequence[Fact], given: Mapping[str, Node]) -> bool:
    rows = [row for other in earlier if (row := other.residues(given)) is not None]
    divisors = [row for other in (fact, *earlier) for row in other.divisors(given)]
    return any(not any(row) or polynomial.follows(row, rows) for row in divisors)


def _loses(fact: Fact, earlier: Sequence[Fact]) -> bool:
    """Whether solutions of all the earlier equations in one unknown are lost, as by a division."""
    about = [other.solutions for other in earlier if other.names == fact.names]
    known = [found for each in about if each and (found := points(each))]
    common = [x for x in known[0] if all(near([x], found) for found in known)] if known else []
    return bool(common) and not near(common, points(fact.solutions or ()) or [])


def contradicts(fact: Fact, earlier: Sequence[Fact]) -> str | None:
    """Why a statement cannot hold beside the earlier ones, if it cannot."""
    if fact.polynomial is None:
        return None
    if fact.value is None:
        given = _values(earlier)
        used = fact.names & given.keys()
        put = fact.residues(given) if used else None
        if put is not None and any(put) and polynomial.is_constant(put):
            return "does not hold with the values of " + ", ".join(sorted(used))
    else:
        name, value = fact.value
        known = _implied(name, earlier)
        if known is not None:
            same_value = near([float(value)], [known])
            return None if same_value else f"{name} is {known:.6g} by what was stated"
    linear = [f for f in earlier if f.polynomial is not None and polynomial.is_linear(f.polynomial)]
    unknowns = frozenset().union(*(other.names for other in linear))
    solved = polynomial.rank([f.polynomial for f in linear if f.polynomial]) == len(unknowns)
    told = solved and len(linear) > 1 and fact.names <= unknowns
    if told and polynomial.is_linear(fact.polynomial):
        return "differs from the solution of the equations"
    return None


def _implied(name: str, facts: Sequence[Fact]) -> float | None:
    """The value that an earlier equation gives an unknown with the values of the others."""
    given = {other: value for other, value in _values(facts).items() if other != name}
    for fact in reversed(facts):
        if len(fact.names) > 1 and fact.names - given.keys() == {name}:
            put = Fact(renamed(fact.node, dict(given)), fact.step, fact.start, fact.end)
            found = points(put.solutions or ())
            if found and len(found) == 1:
                return found[0]
    return None


def _values(facts: Sequence[Fact]) -> dict[str, Node]:
    """The newest value of each unknown that has one."""
    return {fact.value[0]: Num(fact.value[1]) for fact in facts if fact.value is not None}


def _definitions(facts: Sequence[Fact]) -> dict[str, Node]:
    """The newest expression for each unknown that has one, not in terms of each other."""
    found = dict(fact.definition for fact in facts if fact.definition)
    return {name: node for name, node in found.items() if not variables(node) & found.keys()}
