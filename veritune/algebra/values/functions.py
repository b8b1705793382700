"""The known functions, as numbers."""

from __future__ import annotations

from math import gcd, lcm
from typing import TYPE_CHECKING, Protocol

from veritune.algebra.limits import (
    MOST_SPECIAL_DIGITS,
    LimitReachedError,
    UndefinedError,
    UnparsedError,
    spend,
)
from veritune.algebra.tables import table
from veritune.algebra.trees.nodes import Collection, Matrix, Node

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpContext, MpNumber

DIRECT = table(
    "sin cos tan cot sec csc asin acos atan acot asec acsc sinh cosh tanh coth sech csch "
    "asinh acosh atanh exp conj re im arg"
)
# Functions that mpmath works out by series, under its name for them.
SPECIAL = {
    "erf": "erf", "erfc": "erfc", "zeta": "zeta", "Si": "si", "Ci": "ci", "Ei": "ei", "li": "li",
    "digamma": "digamma",
}  # fmt: skip
# Real for arguments from -1 to 1.
BOUNDED = frozenset(("asin", "acos"))
# Beyond it a value has more digits than any answer.
LARGEST_FACTORIAL = 3_000
# As above, for e to this power.
LARGEST_EXPONENT = 20_000
# Bits before the point of an argument.
LARGEST_ARGUMENT = 2_000
# Rows of a matrix whose determinant is worked out.
LARGEST_MATRIX = 8
# Units of work of a function that has no short cut.
SPECIAL_WORK = 1_000


class FunctionPlace(Protocol):
    """What the functions need of the evaluator: its arithmetic, and values at its point."""

    mp: MpContext

    def value(self, node: Node) -> MpNumber:
        """An mpf or mpc."""
        ...

    def complex(self) -> None:
        """A value leaves the real numbers; raises where that is refused."""
        ...

    def divided(self, top: MpNumber, bottom: MpNumber) -> MpNumber:
        """The quotient; raises for a division by zero."""
        ...


def evaluate(at: FunctionPlace, name: str, args: tuple[Node, ...]) -> MpNumber:
    """The value of one function; raises where there is none, or it is out of bounds."""
    if name in ("det", "trace"):
        return _of_matrix(at, name, args[0])
    if name in ("max", "min", "gcd", "lcm"):
        return _of_many(at, name, args)
    values = [at.value(arg) for arg in args]
    if any(value and at.mp.mag(value) > LARGEST_ARGUMENT for value in values) and name != "abs":
        raise LimitReachedError(f"an argument of {name} beyond the limit")
    if len(values) == 1:
        return _of_one(at, name, values[0])
    if len(values) == 2:
        return _of_two(at, name, values[0], values[1])
    raise UnparsedError(f"{name} of {len(values)} arguments")


def _of_one(at: FunctionPlace, name: str, value: MpNumber) -> MpNumber:
    mp = at.mp
    real = isinstance(value, mp.mpf)
    if name == "ln":
        return _logarithm(at, value)
    if name in DIRECT:
        if (name in BOUNDED and (not real or abs(value) > 1)) or (name == "acosh" and value < 1):
            at.complex()
        if name == "exp" and abs(value) > LARGEST_EXPONENT:
            raise LimitReachedError("an exponential beyond the limit")
        return _pole_safe(at, name, value)
    if name in SPECIAL:
        _costly(at)
        return _pole_safe(at, SPECIAL[name], value)
    if name == "abs":
        return abs(value)
    if not real:
        raise UnparsedError(f"{name} of a complex number")
    return _of_real(at, name, value)


def _pole_safe(at: FunctionPlace, name: str, value: MpNumber) -> MpNumber:
    mp = at.mp
    below = {"tan": mp.cos, "sec": mp.cos, "cot": mp.sin, "csc": mp.sin}.get(name)
    if below is not None and abs(below(value)) < mp.mpf(10) ** (8 - mp.dps):
        raise UndefinedError(f"a pole of {name}")
    try:
        found: MpNumber = getattr(mp, name)(value)
        return found
    except (ZeroDivisionError, ValueError):
        raise UndefinedError(f"a pole of {name}") from None


def _of_real(at: FunctionPlace, name: str, value: MpNumber) -> MpNumber:
    mp = at.mp
    nearest = mp.nint(value)
    near = abs(value - nearest) < mp.mpf(10) ** (8 - mp.dps) * (1 + abs(value))
    if name == "floor":
        return nearest if near else mp.floor(value)
    if name == "ceil":
        return nearest if near else mp.ceil(value)
    if name == "round":
        return mp.floor(value + 0.5)
    if name == "sign":
        return mp.mpf(0) if not value else mp.sign(value)
    if name in ("factorial", "gamma"):
        return _gamma(at, value + (name == "factorial"))
    if name == "factorial2":
        if not near or not 0 <= value <= LARGEST_FACTORIAL:
            raise UndefinedError("a double factorial")
        return mp.fac2(value)
    raise UnparsedError(f"no value of {name}")


def _gamma(at: FunctionPlace, value: MpNumber) -> MpNumber:
    if value <= 0 and at.mp.isint(value):
        raise UndefinedError("a factorial of a negative number")
    if abs(value) > LARGEST_FACTORIAL:
        raise LimitReachedError("a factorial beyond the limit")
    if not at.mp.isint(value):
        _costly(at)
    return at.mp.gamma(value)


def _costly(at: FunctionPlace) -> None:
    """Counts a function whose cost grows with the cube of the digits, or worse."""
    if at.mp.dps > MOST_SPECIAL_DIGITS:
        raise LimitReachedError(f"more than {MOST_SPECIAL_DIGITS} digits of a special function")
    spend(SPECIAL_WORK)


def _logarithm(at: FunctionPlace, value: MpNumber) -> MpNumber:
    if not value:
        raise UndefinedError("the logarithm of zero")
    if not isinstance(value, at.mp.mpf) or value < 0:
        at.complex()
    return at.mp.log(value)


def _of_two(at: FunctionPlace, name: str, first: MpNumber, second: MpNumber) -> MpNumber:
    mp = at.mp
    if name == "log":
        return at.divided(_logarithm(at, first), _logarithm(at, second))
    if name == "polylog":
        _costly(at)
        return mp.polylog(first, second)
    if name == "binomial":
        return _binomial(at, first, second)
    if name == "mod":
        if not second:
            raise UndefinedError("modulo zero")
        return first - second * mp.floor(first / second)
    raise UnparsedError(f"no value of {name}")


def _binomial(at: FunctionPlace, top: MpNumber, bottom: MpNumber) -> MpNumber:
    mp = at.mp
    if max(abs(top), abs(bottom)) > LARGEST_FACTORIAL:
        raise LimitReachedError("a binomial beyond the limit")
    if not (mp.isint(top) and mp.isint(bottom)):
        _costly(at)
    return mp.binomial(top, bottom)


def _of_many(at: FunctionPlace, name: str, args: tuple[Node, ...]) -> MpNumber:
    if len(args) == 1 and isinstance(args[0], Collection):
        args = args[0].items
    values = [at.value(arg) for arg in args]
    if not values or not all(isinstance(value, at.mp.mpf) for value in values):
        raise UnparsedError(f"{name} of complex numbers")
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    if not all(at.mp.isint(value) for value in values):
        raise UndefinedError(f"{name} of fractions")
    whole: MpNumber = at.mp.mpf((gcd if name == "gcd" else lcm)(*map(int, values)))
    return whole


def _of_matrix(at: FunctionPlace, name: str, node: Node) -> MpNumber:
    if not isinstance(node, Matrix) or len(node.rows) != len(node.rows[0]):
        raise UnparsedError(f"{name} of something that is no square matrix")
    if len(node.rows) > LARGEST_MATRIX:
        raise LimitReachedError("a matrix beyond the limit")
    values = [[at.value(cell) for cell in row] for row in node.rows]
    if name == "trace":
        return at.mp.fsum([row[i] for i, row in enumerate(values)])
    return at.mp.det(at.mp.matrix(values))
