"""Derivatives, integrals, limits and infinite sums worked out, where an answer holds some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veritune.algebra.engine.loading import attempted, engine, more_time
from veritune.algebra.engine.objects import Objects
from veritune.algebra.engine.results import UNDEFINED, tree
from veritune.algebra.limits import UnparsedError
from veritune.algebra.trees.children import parts, rebuild, variables, walk
from veritune.algebra.trees.nodes import Add, Big, Const, Func, Node, Sym
from veritune.algebra.values.modular import whole_number
from veritune.algebra.values.numeric import has_value

if TYPE_CHECKING:
    from types import ModuleType

    from sympy import Basic

# Terms of a sum that are simply added up.
MOST_TERMS = 1_000
# What sympy gives back as it was is no result.
UNFINISHED = ("Integral", "Sum", "Product", "Limit", "Derivative")


def has_calculus(node: Node) -> bool:
    """Whether a tree holds anything that has to be worked out."""
    return any(_asks(part) for part in walk(node))


def _asks(node: Node) -> bool:
    if isinstance(node, Func):
        return node.name in ("derivative", "antiderivative")
    if not isinstance(node, Big):
        return False
    if node.kind not in ("sum", "prod") or node.high == Const("oo"):
        return True
    low, high = whole_number(node.low), whole_number(node.high)
    return low is not None and high is not None and high - low > MOST_TERMS


def _has_value(node: Node) -> bool:
    """Whether numbers alone decide about a node: a closed integral or product that converges."""
    plain = isinstance(node, Big) and node.kind in ("integral", "prod")
    return plain and not any(map(has_calculus, parts(node))) and has_value(node)


def worked_out(node: Node) -> Node:
    """The tree with calculus replaced by what it gives; raises where sympy finds nothing."""
    more_time()
    if _asks(node):
        return node if _has_value(node) else _value(node)
    if not any(has_calculus(part) for part in parts(node)):
        return node
    try:
        return rebuild(node, worked_out)
    except UnparsedError:
        if variables(node) or not isinstance(node, Add):
            raise
        return _value(node)


@attempted
def _value(node: Node) -> Node:
    sympy = engine()
    try:
        found = _worked(sympy, node)
    except UnparsedError as error:
        if "not exist" in str(error) or "sides" in str(error):
            return UNDEFINED
        raise
    if found.has(sympy.Piecewise):  # the first piece is the general one, the others its exceptions
        found = found.replace(lambda part: part.is_Piecewise, lambda part: part.args[0][0])
    if any(type(part).__name__ in UNFINISHED for part in sympy.preorder_traversal(found)):
        if not has_value(node):
            raise UnparsedError("sympy finds no closed form")
        return node
    result = tree(found)
    whole = isinstance(node, Func) and node.name == "antiderivative"
    return Add((result, Sym("C"))) if whole else result


@attempted
def _worked(sympy: ModuleType, node: Node) -> Basic:
    return Objects(sympy, node).object(node).doit()
