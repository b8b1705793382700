"""What stands on the left of "name = value" and is only a name for the answer."""

from __future__ import annotations

from veritune.algebra.trees.nodes import (
    Apply,
    Collection,
    Frac,
    Func,
    Mul,
    Node,
    Ratio,
    Sym,
)


def is_name(node: Node) -> bool:
    """Whether a side of a relation names a quantity: x, f(x), AB, |AB|, S_1 : S_2, (x, y)."""
    match node:
        case Sym() | Apply():
            return True
        case Mul((Sym("Delta"), Sym())):
            return True
        case Mul(factors):
            return all(isinstance(f, Sym) and f.name[:1].isupper() for f in factors)
        case Frac(Mul((Sym("d"), Sym())), Mul((Sym("d"), Sym()))):
            return True
        case Frac(top, bottom) | Ratio((top, bottom)):
            return _segment(top) and _segment(bottom)
        case Func("sin" | "cos" | "tan", (Sym(),)):
            return True
        case Func("conj" | "det", (inner,)):
            return is_name(inner)
        case Func("abs", (inner,)):
            return isinstance(inner, Mul) and is_name(inner)
        case Collection("paren" | "list", items):
            return all(isinstance(item, (Sym, Apply)) for item in items)
        case _:
            return False


def _segment(node: Node) -> bool:
    """Whether a node names a segment or an area, which are written with capitals."""
    if isinstance(node, Sym):
        return node.name[:1].isupper()
    return isinstance(node, (Mul, Func)) and is_name(node)
