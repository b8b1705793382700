"""A tree as a sympy object, by constructors only: no text is ever given to sympy to read."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError
from veritune.algebra.tables import table
from veritune.algebra.trees.children import parts, walk
from veritune.algebra.trees.nodes import (
    Add,
    Big,
    Const,
    Frac,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Ratio,
    Root,
    Sym,
)
from veritune.algebra.values.functions import DIRECT

if TYPE_CHECKING:
    from types import ModuleType

    from sympy import Basic

# sympy's own work on an expression grows faster than its size.
MOST_NODES = 400
# Size of a number that sympy is given.
MOST_BITS = 2_000
# Size of a power of two numbers; sympy works such powers out at once.
MOST_POWER_BITS = 20_000
# Of anything but two numbers: sympy may write it out.
HIGHEST_POWER = 400
# sympy works these out at once, when the object is made.
LARGEST_FACTORIAL = 400
SIDES: dict[Node, str] = {Num(1): "+", Num(-1): "-"}
# Under the same name here and in sympy.
ALIKE = DIRECT - {"conj", "arg"} | table("sign factorial factorial2 binomial gamma floor erf zeta")
# Kinds whose variable counts, so that it is a whole number.
COUNTED = frozenset(("sum", "prod"))
FUNCTIONS = {
    "log": "log", "ln": "log", "abs": "Abs", "conj": "conjugate", "ceil": "ceiling",
    "max": "Max", "min": "Min", "mod": "Mod", **{name: name for name in ALIKE},
}  # fmt: skip


class Objects:
    """Builds the objects of one comparison; a variable is one symbol throughout."""

    def __init__(self, sympy: ModuleType, node: Node) -> None:
        if sum(1 for _ in walk(node)) > MOST_NODES:
            raise LimitReachedError(f"more than {MOST_NODES} parts for sympy")
        self.sympy = sympy
        self.kinds = dict(_kinds(node))
        self.symbols: dict[str, Basic] = {}

    def symbol(self, name: str) -> Basic:
        """Parameters are positive, variables of calculus real, indices whole."""
        if name not in self.symbols:
            kind = self.kinds.get(name, "positive")
            self.symbols[name] = self.sympy.Symbol(name, **{kind: True})
        return self.symbols[name]

    def object(self, node: Node) -> Basic:
        """The sympy object, sums and integrals not yet worked out."""
        sympy = self.sympy
        match node:
            case Num(value):
                return self.number(value)
            case Sym(name):
                return self.symbol(name)
            case Const(name):
                return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}[name]
            case Add(terms):
                return sympy.Add(*map(self.object, terms))
            case Mul(factors):
                return sympy.Mul(*map(self.object, factors))
            case Frac(top, bottom) | Ratio((top, bottom)):
                return self.quotient(self.object(top), self.object(bottom))
            case Pow(base, exponent):
                return self.power(self.object(base), self.object(exponent))
            case Root(degree, radicand):
                return self.power(self.object(radicand), sympy.Rational(1, degree))
            case Func(name, args):
                return self.function(name, args)
            case Big():
                return self.big(node)
            case Quantity(value, ((unit, 1),)) if unit in ("°", "%"):
                scale = sympy.pi / 180 if unit == "°" else sympy.Rational(1, 100)
                return self.object(value) * scale
            case _:
                raise UnparsedError(f"no object of sympy: {type(node).__name__}")

    def number(self, value: int | Fraction) -> Basic:
        """An Integer or Rational of bounded size."""
        exact = Fraction(value)
        if max(exact.numerator.bit_length(), exact.denominator.bit_length()) > MOST_BITS:
            raise LimitReachedError("a number beyond the limit of sympy's part")
        return self.sympy.Rational(exact.numerator, exact.denominator)

    def quotient(self, top: Basic, bottom: Basic) -> Basic:
        """A product with a power, which is what sympy has for a quotient."""
        if bottom == 0:
            raise UndefinedError("a division by zero")
        return self.sympy.Mul(top, self.sympy.Pow(bottom, -1))

    def power(self, base: Basic, exponent: Basic) -> Basic:
        """A power whose size is known to be bounded."""
        if exponent.is_Rational:
            if base.is_Rational:
                size = max(int(base.p).bit_length(), int(base.q).bit_length())
                if size * abs(exponent) > MOST_POWER_BITS:
                    raise LimitReachedError("a power beyond the limit")
                if base == 0 and exponent <= 0:
                    raise UndefinedError("zero to a power that is not positive")
            elif abs(exponent) > HIGHEST_POWER:
                raise LimitReachedError("a power beyond the limit")
        return self.sympy.Pow(base, exponent)

    def function(self, name: str, args: tuple[Node, ...]) -> Basic:
        """A function of sympy's, or an operation of calculus."""
        if name in ("derivative", "antiderivative"):
            kind = self.sympy.Derivative if name == "derivative" else self.sympy.Integral
            return kind(self.object(args[0]), self.object(args[1]))
        if name not in FUNCTIONS:
            raise UnparsedError(f"no function of sympy: {name}")
        values = [self.object(arg) for arg in args]
        large = name in ("factorial", "factorial2", "binomial", "gamma")
        if large and any(value.is_number and abs(value) > LARGEST_FACTORIAL for value in values):
            raise LimitReachedError(f"a {name} beyond the limit")
        return getattr(self.sympy, FUNCTIONS[name])(*values)

    def big(self, node: Big) -> Basic:
        """A Sum, Product, Integral or Limit."""
        body, variable = self.object(node.body), self.symbol(node.variable)
        low = self.object(node.low)
        if node.kind == "limit":
            side = "-" if low is self.sympy.oo else SIDES.get(node.high, "+-")
            return self.sympy.Limit(body, variable, low, side)
        kinds = {"sum": "Sum", "prod": "Product", "integral": "Integral"}
        return getattr(self.sympy, kinds[node.kind])(body, (variable, low, self.object(node.high)))


def _kinds(node: Node) -> Iterable[tuple[str, str]]:
    """What sympy may take for granted of a variable."""
    for part in parts(node):
        yield from _kinds(part)
    if isinstance(node, Big):
        yield node.variable, "integer" if node.kind in COUNTED else "real"
        if node.kind in COUNTED:
            for bound in (node.low, node.high):
                for part in walk(bound):
                    if isinstance(part, Sym):
                        yield part.name, "integer"
    match node:
        case Func("derivative" | "antiderivative", (_, Sym(name))):
            yield name, "real"
