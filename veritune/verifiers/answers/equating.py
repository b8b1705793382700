"""Equations against equations, and against the values that they give."""

from __future__ import annotations

from veritune.verifiers.answers.build import negated
from veritune.verifiers.answers.children import variables
from veritune.verifiers.answers.comparer import Comparer
from veritune.verifiers.answers.equations import (
    bound_value,
    equivalent,
    is_equation,
    isolated,
    solves,
    with_bound,
)
from veritune.verifiers.answers.identity import identical
from veritune.verifiers.answers.limits import UndefinedError, UnparsedError
from veritune.verifiers.answers.lists import same_family_values
from veritune.verifiers.answers.nodes import (
    Add,
    Apply,
    Collection,
    Func,
    Labelled,
    Node,
    Num,
    Relation,
    Sym,
)


def same_equations(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Equations against equations or values."""
    gold = gold.value if isinstance(gold, Labelled) else gold
    pred = pred.value if isinstance(pred, Labelled) else pred
    if isinstance(gold, Relation) and isinstance(pred, Relation):
        return _two_equations(gold, pred, comparer)
    if isinstance(gold, Relation):
        found = isolated(gold)
        if found is not None and comparer.same(found.value, pred):
            return True
        return (
            is_equation(gold) and not isinstance(pred, Collection) and _safely(solves, gold, pred)
        )
    if isinstance(pred, Relation):
        found = isolated(pred)
        return found is not None and comparer.same(gold, found.value)
    return comparer.same(gold, pred)


def _two_equations(gold: Relation, pred: Relation, comparer: Comparer) -> bool:
    if gold.operators[-1] == "===" or pred.operators[-1] == "===":
        return _congruent(gold, pred)
    left, right = isolated(gold), isolated(pred)
    if left is not None and right is not None and _names_agree(left.name, right.name):
        value, names = bound_value(left)
        other, target = bound_value(right)
        if comparer.same(with_bound(value, names, target), other):
            return True
        if isinstance(left.name, Sym) and same_family_values((value,), (other,), comparer):
            return True
    if not (is_equation(gold) and is_equation(pred)):
        return gold.operators == pred.operators and comparer.ordered(gold.sides, pred.sides)
    if left is not None and right is None and not variables(left.value):
        return False
    if _safely(equivalent, gold, pred):
        return True
    if right is not None and isinstance(right.name, Sym):
        return not _free(right.value, right.name) and _solved_for(gold, right.name, right.value)
    if left is not None and isinstance(left.name, Sym):
        return not _free(left.value, left.name) and _solved_for(pred, left.name, left.value)
    return False


def _names_agree(left: Node, right: Node) -> bool:
    """Whether two names may stand for the same quantity: two different letters may not."""
    if isinstance(left, Func) or isinstance(right, Func):
        return left == right
    if isinstance(left, Sym) and isinstance(right, Sym):
        return left == right or _plain(left) == _plain(right)
    if isinstance(left, Apply) and isinstance(right, Apply):
        bound = all(isinstance(arg, Sym) for arg in (*left.args, *right.args))
        return len(left.args) == len(right.args) if bound else left.args == right.args
    return True


def _congruent(gold: Relation, pred: Relation) -> bool:
    """x = a (mod m) against x = b (mod m)."""
    left, right = gold.sides[-1], pred.sides[-1]
    if gold.operators != pred.operators or gold.sides[:-1] != pred.sides[:-1]:
        return False
    if not (isinstance(left, Func) and isinstance(right, Func)):
        return left == right
    (a, modulus), (b, other) = left.args, right.args
    return identical(modulus, other) and identical(
        Func("mod", (Add((a, negated(b))), modulus)), Num(0)
    )


def _plain(name: Sym) -> str:
    return name.name.replace("{", "").replace("}", "").replace(" ", "").lower()


def _free(node: Node, name: Sym) -> bool:
    return name.name in variables(node)


def _solved_for(equation: Relation, name: Sym, value: Node) -> bool:
    """Whether an equation says that the named variable has this value."""
    if name.name not in variables(equation) or not is_equation(equation):
        return False
    missing = variables(equation) - variables(value)
    return missing == {name.name} and _safely(solves, equation, value)


def _safely(test: object, gold: Node, pred: Node) -> bool:
    assert callable(test)
    try:
        return bool(test(gold, pred))
    except (UnparsedError, UndefinedError):
        return False
