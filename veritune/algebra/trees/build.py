"""Small ways to put nodes together."""

from __future__ import annotations

from veritune.algebra.trees.nodes import Const, Frac, Mul, Node, Num, Quantity


def negated(node: Node) -> Node:
    """The negative, written into the number itself where that is a plain number."""
    if isinstance(node, Num):
        return Num(-node.value, node.places, node.digits)
    if isinstance(node, Quantity):
        return Quantity(negated(node.value), node.unit, node.words)
    if isinstance(node, Frac) and isinstance(node.top, Num):
        return Frac(negated(node.top), node.bottom)
    return product([Num(-1), node])


def infinity(node: Node) -> int:
    """1 and -1 for plus and minus infinity, 0 for anything else."""
    match node:
        case Const("oo"):
            return 1
        case Mul((Num(-1), Const("oo"))):
            return -1
        case _:
            return 0


def product(factors: list[Node]) -> Node:
    """One node for the product, without products inside it."""
    flat: list[Node] = []
    for factor in factors:
        flat += factor.factors if isinstance(factor, Mul) else [factor]
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))
