"""What sympy found, as a tree again."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from veritune.algebra.engine.objects import FUNCTIONS
from veritune.algebra.limits import UnparsedError
from veritune.algebra.tables import table
from veritune.algebra.trees.nodes import Add, Const, Func, Mul, Node, Num, Pow, Sym, Text

if TYPE_CHECKING:
    from sympy import Basic

UNDEFINED = Text(("undefined",))
# Functions that only sympy's results have.
FOUND = table("erfc Si Ci Ei li polylog digamma")
NAMES = {theirs: ours for ours, theirs in FUNCTIONS.items()} | {name: name for name in FOUND}
CONSTANTS = {
    "Pi": "pi", "Exp1": "e", "ImaginaryUnit": "i", "Infinity": "oo", "EulerGamma": "eulergamma",
    "Catalan": "catalan",
}  # fmt: skip


def tree(found: Basic) -> Node:
    """The tree of a result that holds nothing unfinished; raises `UnparsedError` else."""
    if found.is_Rational:
        return Num(_exact(int(found.p), int(found.q)))
    if found.is_Symbol:
        return Sym(found.name)
    name = type(found).__name__
    if name in CONSTANTS:
        return Const(CONSTANTS[name])
    if name == "NegativeInfinity":
        return Mul((Num(-1), Const("oo")))
    if name in ("ComplexInfinity", "NaN", "AccumulationBounds"):
        return UNDEFINED
    if name == "Piecewise":
        return tree(found.args[0][0])
    parts = tuple(tree(arg) for arg in found.args)
    if found.is_Add:
        return Add(parts)
    if found.is_Mul:
        return Mul(parts)
    if found.is_Pow:
        return Pow(*parts)
    if name in NAMES:
        return Func(NAMES[name], parts)
    raise UnparsedError(f"no value: sympy's {name}")


def _exact(top: int, bottom: int) -> int | Fraction:
    return top if bottom == 1 else Fraction(top, bottom)
