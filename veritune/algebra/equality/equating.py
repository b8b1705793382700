"""Equations against equations, and against the values that they give."""

from __future__ import annotations

import re

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.equality.entries import unlabelled
from veritune.algebra.equality.equations import (
    bound_value,
    equivalent,
    holds_together,
    is_equation,
    isolated,
    solves,
    with_bound,
)
from veritune.algebra.equality.identity import identical
from veritune.algebra.equality.lists import same_family_values
from veritune.algebra.equality.printed import printed
from veritune.algebra.trees.build import negated
from veritune.algebra.trees.children import variables
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Collection,
    Func,
    Mul,
    Node,
    Num,
    Relation,
    Sym,
)

DERIVATIVE = re.compile(r"d([a-z])/d[xt]")


def same_equations(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Equations against equations or values."""
    gold, pred = unlabelled(gold), unlabelled(pred)
    if not holds_together(gold, pred, comparer):
        return False
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return _two_equations(gold, pred, comparer)
    if isinstance(gold, Relation):
        if gold.operators[-1] == "===":
            return _congruent(gold.sides[-1], pred)
        found = isolated(gold)
        if found is not None and pred == found.name and pred not in found.members:
            return False
        if found is not None and comparer.same(found.value, pred):
            return True
        rough = [side for side in gold.sides[1:] if printed(side) is not None]
        if "~" in gold.operators and any(comparer.same(side, pred) for side in rough):
            return True
        return is_equation(gold) and not isinstance(pred, Collection) and solves(gold, pred)
    if isinstance(pred, Relation):
        if pred.operators[-1] == "===":
            return _congruent(gold, pred.sides[-1])
        found = isolated(pred)
        return found is not None and comparer.same(gold, found.value)
    return comparer.same(gold, pred)


def _two_equations(gold: Relation, pred: Relation, comparer: Comparer) -> bool:
    if gold.operators[-1] == "===" or pred.operators[-1] == "===":
        alike = gold.operators == pred.operators and gold.sides[:-1] == pred.sides[:-1]
        return alike and _congruent(gold.sides[-1], pred.sides[-1])
    left, right = isolated(gold), isolated(pred)
    if left is not None and right is not None and _names_agree(left.name, right.name):
        value, names = bound_value(left)
        other, target = bound_value(right)
        other = _in_order(other, right.name, left.name)
        if comparer.same(with_bound(value, names, target), other):
            return True
        if isinstance(left.name, Sym) and same_family_values((value,), (other,), comparer):
            return True
    if not (is_equation(gold) and is_equation(pred)):
        return gold.operators == pred.operators and comparer.ordered(gold.sides, pred.sides)
    if left is not None and right is None and not variables(left.value):
        return False
    if equivalent(gold, pred):
        return True
    for found, equation in ((right, gold), (left, pred)):
        if found is not None and isinstance(found.name, Sym):
            unknown = variables(equation) - variables(found.value)
            return unknown == {found.name.name} and solves(equation, found.value)
    return False


def _names_agree(left: Node, right: Node) -> bool:
    """Whether two names may stand for the same quantity: two different letters may not."""
    if isinstance(left, Func) or isinstance(right, Func):
        return left == right
    if isinstance(left, Sym) and isinstance(right, Sym):
        return left == right or _plain(left) == _plain(right)
    if Sym("Delta") in (*_parts(left), *_parts(right)):
        return left == right
    if isinstance(left, Mul) and isinstance(right, Mul):
        return set(left.factors) == set(right.factors)
    if isinstance(left, Collection) and isinstance(right, Collection):
        return set(left.items) == set(right.items)
    if isinstance(left, Apply) and isinstance(right, Apply):
        if left.name != right.name:
            return False
        if len(left.args) != len(right.args):
            return False
        return all(map(_same_variable, left.args, right.args)) or left.args == right.args
    return True


def _same_variable(left: Node, right: Node) -> bool:
    """x and t, of which a function may be one; not X and Z, whose mean or probability it may be."""
    if not (isinstance(left, Sym) and isinstance(right, Sym)):
        return False
    return left.name.lower() == right.name.lower() or (left.name + right.name).islower()


def _parts(name: Node) -> tuple[Node, ...]:
    return name.factors if isinstance(name, Mul) else ()


def _in_order(value: Node, names: Node, wanted: Node) -> Node:
    """(y, x) = (2, 1) with its values in the order of (x, y)."""
    if not (
        isinstance(names, Collection)
        and isinstance(wanted, Collection)
        and isinstance(value, Collection)
    ):
        return value
    if names.items == wanted.items or len(names.items) != len(value.items):
        return value
    found = dict(zip(names.items, value.items, strict=True))
    return Collection(value.kind, tuple(found[name] for name in wanted.items))


def _congruent(left: Node, right: Node) -> bool:
    """a (mod m) against b (mod m)."""
    if not (isinstance(left, Func) and isinstance(right, Func)):
        return left == right
    (a, modulus), (b, other) = left.args, right.args
    return identical(modulus, other) and identical(
        Func("mod", (Add((a, negated(b))), modulus)), Num(0)
    )


def _plain(name: Sym) -> str:
    """A name however it is typeset; dy/dx is y'."""
    plain = name.name.replace("{", "").replace("}", "").replace(" ", "").lower()
    match = DERIVATIVE.fullmatch(plain)
    return f"{match.group(1)}'" if match else plain
