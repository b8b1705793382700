"""Values of expressions to many digits, with mpmath, under limits."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from veritune.verifiers.answers.functions import evaluate
from veritune.verifiers.answers.limits import (
    MOST_BITS,
    LimitReachedError,
    UndefinedError,
    UnparsedError,
    spend,
)
from veritune.verifiers.answers.modular import OpaqueError, rational
from veritune.verifiers.answers.nodes import (
    Add,
    Apply,
    Big,
    Cases,
    Collection,
    Const,
    Frac,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    RadixInteger,
    Ratio,
    Relation,
    Root,
    Sym,
)

LONGEST_SUM = 2_000


class UncoveredError(UndefinedError):
    """A piecewise function that has no piece for this point."""


class DomainError(UndefinedError):
    """A real expression that has no real value at this point."""


@cache
def context() -> Any:
    """mpmath's own arithmetic, apart from everybody else's precision."""
    import mpmath

    return mpmath.mp.clone()


class Evaluator:
    """Evaluates at a point. `real` refuses what leaves the real numbers on the way.

    `largest` is the most bits before or behind the point that any intermediate value had.
    """

    def __init__(self, digits: int, point: Mapping[str, Any] | None = None, *, real: bool) -> None:
        self.mp = context()
        self.mp.dps = digits
        self.point = dict(point or {})
        self.real, self.largest = real, 0
        self.node_work = 1 + digits**2 / 2e6
        self.function_work = 3 + digits**2 / 1e4
        self.log_base = 0

    def value(self, node: Node) -> Any:
        """An mpf or mpc."""
        spend(self.node_work)
        mp = self.mp
        match node:
            case Num(value) if isinstance(value, int):
                result = mp.mpf(value)
            case Num(value):
                result = mp.mpf(value.numerator) / value.denominator
            case Sym(name):
                result = self.variable(name)
            case Add(terms):
                result = mp.fsum([self.value(term) for term in terms])
            case Mul(factors):
                result = self.value(factors[0])
                for factor in factors[1:]:
                    result = result * self.value(factor)
            case Frac(top, bottom) | Ratio((top, bottom)):
                result = self.divided(self.value(top), self.value(bottom))
            case Pow(base, exponent):
                result = self.power(base, exponent)
            case Root(degree, radicand):
                result = self.root(degree, self.value(radicand))
            case Const(name):
                result = self.constant(name)
            case _:
                result = self.rare(node)
        if isinstance(result, mp.mpc) and not result.imag:
            result = result.real
        if result:
            self.largest = max(self.largest, abs(mp.mag(result)))
        return result

    def rare(self, node: Node) -> Any:
        match node:
            case Func(name, args):
                return self.function(name, args)
            case RadixInteger(value):
                return self.mp.mpf(value)
            case Quantity(value, (("°", 1),)):
                return self.value(value) * self.mp.pi / 180
            case Quantity(value, (("%", 1),)):
                return self.value(value) / 100
            case Quantity(value, (("rad", 1),)):
                return self.value(value)
            case Big(kind, variable, low, high, body):
                return self.series(kind, variable, low, high, body)
            case Cases(pieces):
                return self.piece(pieces)
            case Apply(name, args):
                return self.applied(name, args)
            case _:
                raise UnparsedError(f"no value: {type(node).__name__}")

    def function(self, name: str, args: tuple[Node, ...]) -> Any:
        """The value of a known function; none where mpmath has none for such arguments."""
        spend(self.function_work)
        try:
            return evaluate(self, name, args)
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise UndefinedError(f"no value of {name}: {error}") from None

    def variable(self, name: str) -> Any:
        if name not in self.point:
            raise UnparsedError(f"no value for {name}")
        return self.point[name]

    def constant(self, name: str) -> Any:
        if name == "i":
            if self.real:
                self.real = False
            return self.mp.mpc(0, 1)
        if name == "oo":
            raise UndefinedError("infinity in an expression")
        return +self.mp.pi if name == "pi" else self.mp.e + 0

    def divided(self, top: Any, bottom: Any) -> Any:
        if not bottom:
            raise UndefinedError("a division by zero")
        return top / bottom

    def root(self, degree: int, value: Any) -> Any:
        if not value:
            return value
        spend(self.function_work)
        if isinstance(value, self.mp.mpf):
            if value < 0:
                if degree % 2:
                    return -self.mp.root(-value, degree)
                self.complex()
            return self.mp.root(value, degree)
        return self.mp.exp(self.mp.log(value) / degree)

    def complex(self) -> None:
        """Called where the value leaves the real numbers."""
        if self.real:
            raise DomainError

    def power(self, base: Node, exponent: Node) -> Any:
        ground = self.value(base)
        exact = exact_exponent(exponent)
        if exact is None:
            return self.general_power(ground, self.value(exponent))
        size = abs(self.mp.mag(ground)) if ground else 1
        if size * abs(exact) > MOST_BITS:
            raise LimitReachedError("a power beyond the limit")
        if not ground and exact <= 0:
            raise UndefinedError("zero to a power that is not positive")
        if exact.denominator == 1:
            return ground ** int(exact)
        return self.root(exact.denominator, ground) ** exact.numerator

    def general_power(self, ground: Any, exponent: Any) -> Any:
        mp = self.mp
        spend(self.function_work)
        if not ground:
            if isinstance(exponent, mp.mpf) and exponent > 0:
                return ground
            raise UndefinedError("zero to a power that is not positive")
        if isinstance(exponent, mp.mpf) and mp.isint(exponent) and abs(exponent) < MOST_BITS:
            if abs(mp.mag(ground)) * abs(exponent) > MOST_BITS:
                raise LimitReachedError("a power beyond the limit")
            return ground ** int(exponent)
        if abs(exponent) * max(1, abs(mp.mag(ground))) > MOST_BITS:
            raise LimitReachedError("a power beyond the limit")
        if isinstance(ground, mp.mpf) and ground < 0:
            self.complex()
        return mp.power(ground, exponent)

    def series(self, kind: str, variable: str, low: Node, high: Node, body: Node) -> Any:
        first, last = self.value(low), self.value(high)
        if not (self.mp.isint(first) and self.mp.isint(last)):
            raise DomainError
        if last - first > LONGEST_SUM:
            raise LimitReachedError("a sum of too many terms")
        outer = self.point.get(variable)
        result = self.mp.mpf(0 if kind == "sum" else 1)
        for k in range(int(first), int(last) + 1):
            self.point[variable] = self.mp.mpf(k)
            term = self.value(body)
            result = result + term if kind == "sum" else result * term
        self.point.pop(variable, None)
        if outer is not None:
            self.point[variable] = outer
        return result

    def piece(self, pieces: tuple[tuple[Node, Node | None], ...]) -> Any:
        for value, guard in pieces:
            if guard is None or self.holds(guard):
                return self.value(value)
        raise UncoveredError

    def holds(self, node: Node) -> bool:
        """Whether a condition is true at this point."""
        if isinstance(node, Collection) and node.kind in ("and", "list", "or"):
            found = [self.holds(item) for item in node.items]
            return any(found) if node.kind == "or" else all(found)
        if not isinstance(node, Relation):
            raise UnparsedError("a condition that is no relation")
        values = [self.value(side) for side in node.sides]
        return all(
            self.compares(operator, left, right)
            for operator, left, right in zip(node.operators, values, values[1:], strict=False)
        )

    def compares(self, operator: str, left: Any, right: Any) -> bool:
        gap = left - right
        near = abs(gap) <= self.mp.mpf(10) ** (5 - self.mp.dps) * (1 + abs(left))
        if operator in ("=", "!="):
            return bool(near) == (operator == "=")
        if operator not in ("<", "<=", ">", ">=") or not isinstance(gap, self.mp.mpf):
            raise UnparsedError("a condition without an order")
        if near:
            return "=" in operator
        return bool((gap < 0) == (operator[0] == "<"))

    def applied(self, name: str, args: tuple[Node, ...]) -> Any:
        """A value for an unknown function that depends on its arguments alone."""
        values = [self.mp.nstr(self.value(arg), 15) for arg in args]
        return self.mp.mpf(hash((name, *values)) % 1_000_003 + 7) / 999_983


def exact_exponent(node: Node) -> Fraction | None:
    """A rational exponent, exactly; None where it is anything else."""
    try:
        return rational(node)
    except (OpaqueError, UndefinedError):
        return None
