"""Equations: isolated values, equivalence up to a factor, and equations that define a function."""

from __future__ import annotations

from typing import NamedTuple

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.printed import printed, shows
from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError
from veritune.algebra.tables import table
from veritune.algebra.trees.build import negated, product
from veritune.algebra.trees.children import renamed, variables
from veritune.algebra.trees.names import is_name
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Cases,
    Collection,
    Frac,
    Func,
    Matrix,
    Node,
    Num,
    Quantity,
    Relation,
    Sym,
)
from veritune.algebra.values.breakpoints import has_breakpoints
from veritune.algebra.values.modular import OpaqueError, rational


class Named(NamedTuple):
    """A value and the name that it was given; `members` are all sides that are no names."""

    name: Node
    value: Node
    members: tuple[Node, ...] = ()
    names: tuple[Node, ...] = ()


EQUATIONS = frozenset(("=", "->", "~"))
# Functions whose value a problem asks for, so that they name an answer and are none.
UNWORKED = table("sin cos tan cot sec csc asin acos atan ln log exp")


def is_equation(node: Node) -> bool:
    """Whether a node is an equation, or a chain of them."""
    return isinstance(node, Relation) and all(op in EQUATIONS for op in node.operators)


def isolated(node: Node) -> Named | None:
    """The value of "name = ... = value"; None where no side is a mere name."""
    if not isinstance(node, Relation) or not is_equation(node):
        return None
    named = tuple(side for side in node.sides if is_name(side))
    others = tuple(side for side in node.sides if not is_name(side))
    if not named:
        if _length(node) or _asked(node):
            return Named(node.sides[0], node.sides[1], node.sides[1:])
        if any(variables(side) for side in node.sides) or _false(node):
            return None
        return Named(node.sides[0], _exact(node, others), others)
    if not others:
        return Named(node.sides[0], node.sides[-1], node.sides[1:], named)
    if is_name(node.sides[-1]) and len(others) > 1:
        return None
    return Named(named[0], _exact(node, others), others, named)


def _exact(node: Relation, others: tuple[Node, ...]) -> Node:
    """The last side that is no name and no approximation; else the last."""
    rough = {side for op, side in zip(node.operators, node.sides[1:], strict=True) if op == "~"}
    exact = [side for side in others if side not in rough]
    return exact[-1] if exact else others[-1]


def _asked(node: Relation) -> bool:
    """cos(207 degrees) ~ -0.891, whose answer is the number."""
    first = node.sides[0]
    worked = isinstance(first, Func) and first.name in UNWORKED
    return node.operators == ("~",) and worked and printed(node.sides[1]) is not None


def _length(node: Relation) -> bool:
    """|a| = 5, which gives the length of a and not a itself."""
    first, second = node.sides[0], node.sides[1]
    bars = isinstance(first, Func) and first.name == "abs" and isinstance(first.args[0], Sym)
    return len(node.sides) == 2 and bars and not variables(second)


def _false(node: Relation) -> bool:
    """Whether a chain without unknowns, such as 2 + 2 = 5, is plainly not true."""
    if "~" in node.operators or any(printed(side) is not None for side in node.sides):
        return False
    try:
        return len({rational(side) for side in node.sides}) > 1
    except (OpaqueError, UndefinedError, LimitReachedError):
        return False


def bound_value(found: Named) -> tuple[Node, tuple[str, ...]]:
    """The value with the arguments of a defined function as its bound variables."""
    if isinstance(found.name, Apply) and all(isinstance(a, Sym) for a in found.name.args):
        return found.value, tuple(a.name for a in found.name.args if isinstance(a, Sym))
    return found.value, ()


def with_bound(value: Node, names: tuple[str, ...], target: tuple[str, ...]) -> Node:
    """The value with its bound variables renamed to the other side's; other letters stay others."""
    if len(names) != len(target) or names == target:
        return value
    apart: dict[str, Node] = {name: Sym(f"{name} of its own") for name in set(target) - set(names)}
    apart.update((a, Sym(b)) for a, b in zip(names, target, strict=True))
    return renamed(value, apart)


def difference(node: Relation) -> Node:
    """Left minus right side of an equation with two sides."""
    if len(node.sides) != 2 or any(isinstance(s, (Matrix, Collection, Cases)) for s in node.sides):
        raise UnparsedError("not one equation between two values")
    return Add((node.sides[0], negated(node.sides[1])))


def equivalent(gold: Relation, pred: Relation) -> bool:
    """Whether two equations have the same solutions because one is a multiple of the other."""
    names = variables(gold) | variables(pred)
    if not names or variables(gold) != variables(pred):
        return False
    try:
        return _proportional(difference(gold), difference(pred), names)
    except (UndefinedError, UnparsedError):
        return False


def _proportional(left: Node, right: Node, names: frozenset[str]) -> bool:
    """Whether left / right is a constant that is not zero, or the variables' product's power."""
    if identical(left, right) or identical(left, negated(right)):
        return True
    for start in (3, 5, 11):
        point = fixed_point(names, start)
        above, below = renamed(left, point), renamed(right, point)
        if identical(above, Num(0)) or identical(below, Num(0)):
            continue
        return identical(product([left, below]), product([right, above]))
    return False


def fixed_point(names: frozenset[str], start: int) -> dict[str, Node]:
    """A fraction of its own for each variable."""
    ordered = enumerate(sorted(names))
    return {name: Frac(Num(start + 7 * i), Num(8 + 5 * i)) for i, name in ordered}


def solves(gold: Relation, pred: Node) -> bool:
    """Whether `pred` is the reference equation solved for the one variable that it lacks."""
    missing = variables(gold) - variables(pred)
    if len(missing) != 1 or not variables(pred) <= variables(gold):
        return False
    (name,) = missing
    try:
        left = difference(gold)
        if not _linear(left, name):
            return False
        return identical(renamed(left, {name: pred}), Num(0))
    except (UndefinedError, UnparsedError):
        return False


def _linear(node: Node, name: str) -> bool:
    """Whether a node is a x + b in the variable: its second difference vanishes, the first not."""
    if has_breakpoints(node):
        return False
    zero, one, two = (renamed(node, {name: Num(k)}) for k in (0, 1, 2))
    second = Add((zero, two, product([Num(-2), one])))
    return identical(second, Num(0)) and not identical(zero, one)


def holds_together(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Whether the members of a candidate's chain agree with the reference and each other.

    Numbers that a name is given on the way are only worked through: x = 2 + 2 = 4. Where the
    reference shows as many members, each formula must have its counterpart; an approximation
    must be one of the value.
    """
    found = isolated(pred) if isinstance(pred, Relation) else None
    if found is None:
        return True
    other = isolated(gold) if isinstance(gold, Relation) else None
    many = other is not None and min(len(other.names), len(found.names)) > 1
    if many and other is not None and set(other.names) != set(found.names):
        return False
    if len(found.members) < 2:
        return True
    known = other.members if other is not None else (gold,)
    if found.names and not (other is not None and "~" in getattr(gold, "operators", ())):
        shown = len(known) == len(found.members)
        members = [node for node in found.members if shown and variables(node)]
    else:
        members = [n.value if isinstance(n, Quantity) else n for n in found.members]
    return all(
        any(comparer.same(one, member) for one in known) or shows(member, found.value)
        for member in members
    )
