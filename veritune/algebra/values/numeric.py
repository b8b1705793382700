"""Values of expressions to many digits, with mpmath, under limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, partial
from typing import TYPE_CHECKING

from veritune.algebra.limits import (
    MOST_BITS,
    LimitReachedError,
    UndefinedError,
    UnparsedError,
    spend,
)
from veritune.algebra.trees.build import infinity
from veritune.algebra.trees.children import variables
from veritune.algebra.trees.nodes import (
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
    Ratio,
    Relation,
    Root,
    Sym,
)
from veritune.algebra.values.functions import evaluate
from veritune.algebra.values.modular import if_rational

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpContext, MpNumber, Term

    # The value of what a term adds up to, and its error.
    Measure = Callable[[Term], tuple[MpNumber, MpNumber]]

# Terms that are added one by one.
LONGEST_SUM = 2_000
# Digits at which what converges slowly shows.
ENOUGH = 65


class UncoveredError(UndefinedError):
    """A piecewise function that has no piece for this point."""


class DomainError(UndefinedError):
    """A real expression that has no real value at this point."""


@cache
def context() -> MpContext:
    """mpmath's own arithmetic, apart from everybody else's precision."""
    import mpmath

    own: MpContext = mpmath.mp.clone()
    return own


class Evaluator:
    """Evaluates at a point. `real` refuses what leaves the real numbers on the way.

    `largest` is the most bits before or behind the point that any intermediate value had.
    """

    def __init__(
        self, digits: int, point: Mapping[str, MpNumber] | None = None, *, real: bool
    ) -> None:
        self.mp = context()
        self.mp.dps = digits
        self.point = dict(point or {})
        self.real, self.largest = real, 0
        self.node_work = 1 + digits**2 / 2e6
        self.function_work = 3 + digits**2 / 1e4

    def value(self, node: Node) -> MpNumber:
        """An mpf or mpc."""
        spend(self.node_work)
        mp = self.mp
        result: MpNumber
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

    def rare(self, node: Node) -> MpNumber:
        match node:
            case Func(name, args):
                return self.function(name, args)
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

    def function(self, name: str, args: tuple[Node, ...]) -> MpNumber:
        """The value of a known function; none where mpmath has none for such arguments."""
        spend(self.function_work)
        try:
            return evaluate(self, name, args)
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise UndefinedError(f"no value of {name}: {error}") from None

    def variable(self, name: str) -> MpNumber:
        if name not in self.point:
            raise UnparsedError(f"no value for {name}")
        return self.point[name]

    def constant(self, name: str) -> MpNumber:
        if name == "i":
            if self.real:
                self.real = False
            unit: MpNumber = self.mp.mpc(0, 1)
            return unit
        if name == "oo":
            raise UndefinedError("infinity in an expression")
        named = {"pi": self.mp.pi, "e": self.mp.e, "eulergamma": self.mp.euler}
        return +named.get(name, self.mp.catalan)

    def divided(self, top: MpNumber, bottom: MpNumber) -> MpNumber:
        if not bottom:
            raise UndefinedError("a division by zero")
        return top / bottom

    def root(self, degree: int, value: MpNumber) -> MpNumber:
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

    def power(self, base: Node, exponent: Node) -> MpNumber:
        ground = self.value(base)
        exact = if_rational(exponent)
        if exact is None:
            return self.general_power(ground, self.value(exponent))
        if not ground and exact <= 0:
            raise UndefinedError("zero to a power that is not positive")
        self.bounded(ground, abs(exact))
        if exact.denominator == 1:
            return ground ** int(exact)
        return self.root(exact.denominator, ground) ** exact.numerator

    def general_power(self, ground: MpNumber, exponent: MpNumber) -> MpNumber:
        mp = self.mp
        spend(self.function_work)
        if not ground:
            if isinstance(exponent, mp.mpf) and exponent > 0:
                return ground
            raise UndefinedError("zero to a power that is not positive")
        self.bounded(ground, abs(exponent))
        if isinstance(exponent, mp.mpf) and mp.isint(exponent):
            return ground ** int(exponent)
        if isinstance(ground, mp.mpf) and ground < 0:
            self.complex()
        return mp.power(ground, exponent)

    def bounded(self, ground: MpNumber, exponent: MpNumber | Fraction) -> None:
        """Raises where a power has more bits than is allowed."""
        if exponent * max(1, abs(self.mp.mag(ground)) if ground else 1) > MOST_BITS:
            raise LimitReachedError("a power beyond the limit")

    def series(self, kind: str, variable: str, low: Node, high: Node, body: Node) -> MpNumber:
        if kind == "integral":
            return self.integral(variable, low, high, body)
        if kind == "limit":
            raise UnparsedError("no value of a limit")
        if high == Const("oo"):
            return self.endless(kind, variable, low, body)
        first, last = self.value(low), self.value(high)
        if not (self.mp.isint(first) and self.mp.isint(last)):
            raise DomainError
        if last - first > LONGEST_SUM:
            raise LimitReachedError("a sum of too many terms")
        result: MpNumber = self.mp.mpf(0 if kind == "sum" else 1)
        for k in range(int(first), int(last) + 1):
            term = self.inside(variable, body, self.mp.mpf(k))
            result = result + term if kind == "sum" else result * term
        return result

    def inside(self, variable: str, body: Node, x: MpNumber) -> MpNumber:
        """The value of a body whose variable is x."""
        outer = self.point
        self.point = {**outer, variable: x}
        try:
            return self.value(body)
        finally:
            self.point = outer

    def endless(self, kind: str, variable: str, low: Node, body: Node) -> MpNumber:
        """An infinite sum or product by extrapolation, with the same caution as an integral."""
        mp = self.mp
        total = mp.nsum if kind == "sum" else mp.nprod
        bounds = [self.value(low), mp.inf]

        def twice(term: Term) -> tuple[MpNumber, MpNumber]:
            first = total(term, bounds)
            mp.dps += 10
            second = total(term, bounds)
            mp.dps -= 10
            return second, abs(first - second)

        return self.measured(variable, body, twice)

    def measured(self, variable: str, body: Node, method: Measure) -> MpNumber:
        """What a numeric method finds for a body, where its error is small enough."""
        mp, bits, digits = self.mp, self.mp.prec, self.mp.dps
        try:
            found, error = method(partial(self.inside, variable, body))
        except (ZeroDivisionError, ValueError, mp.NoConvergence) as problem:
            raise UndefinedError(str(problem)) from None
        finally:
            mp.prec = bits
        if error > mp.mpf(10) ** (8 - digits) * (1 + abs(found)):
            raise UndefinedError("a value that does not converge fast")
        return found

    def integral(self, variable: str, low: Node, high: Node, body: Node) -> MpNumber:
        """By tanh-sinh quadrature."""
        ends = [self.end(low), self.end(high)]
        return self.measured(variable, body, lambda term: self.mp.quad(term, ends, error=True))

    def end(self, node: Node) -> MpNumber:
        """A bound of an integral, which may be infinite."""
        sign = infinity(node)
        return self.mp.inf * sign if sign else self.value(node)

    def piece(self, pieces: tuple[tuple[Node, Node | None], ...]) -> MpNumber:
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

    def compares(self, operator: str, left: MpNumber, right: MpNumber) -> bool:
        gap = left - right
        near = abs(gap) <= self.mp.mpf(10) ** (5 - self.mp.dps) * (1 + abs(left))
        if operator in ("=", "!="):
            return bool(near) == (operator == "=")
        if operator not in ("<", "<=", ">", ">=") or not isinstance(gap, self.mp.mpf):
            raise UnparsedError("a condition without an order")
        if near:
            return "=" in operator
        return bool((gap < 0) == (operator[0] == "<"))

    def applied(self, name: str, args: tuple[Node, ...]) -> MpNumber:
        """A value for an unknown function that depends on its arguments alone."""
        values = [self.mp.nstr(self.value(arg), 15) for arg in args]
        found: MpNumber = self.mp.mpf(hash((name, *values)) % 1_000_003 + 7) / 999_983
        return found


def has_value(node: Node) -> bool:
    """Whether a closed expression has a value that can be told by numbers alone."""
    if variables(node):
        return False
    try:
        Evaluator(ENOUGH, real=True).value(node)
    except (UndefinedError, UnparsedError, LimitReachedError):
        return False
    return True
