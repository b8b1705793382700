"""Rational identities decided by arithmetic modulo a random prime (Schwartz-Zippel).

A ring homomorphism to F_p maps equal expressions to equal residues, and different ones to
different residues except with probability about degree / 2^120. The prime is drawn afresh in each
process, so that nobody can aim at it. Whatever is not rational (roots, sines, pi) becomes an
opaque value that depends only on its arguments: then equal residues still prove equality, but
different ones prove nothing.
"""

from __future__ import annotations

import secrets
from fractions import Fraction
from math import factorial

from veritune.algebra.limits import MOST_BITS, LimitReachedError, UndefinedError
from veritune.algebra.trees.nodes import (
    Add,
    Apply,
    Const,
    Frac,
    Func,
    Mul,
    Node,
    Num,
    Pow,
    Quantity,
    Ratio,
    Rational,
    Root,
    Sym,
)

# Of a random prime, so large that formulas which differ do not agree modulo it by chance.
BITS = 122
# Of Fermat's test, which hardly any composite of this size passes once.
ROUNDS = 24
# Of a number whose factorial is worked out.
LONGEST_FACTORIAL = 3000


class OpaqueError(Exception):
    """A node that has no residue, not even an opaque one."""


def _random_prime() -> int:
    """A prime that is 1 modulo 4, so that -1 has a square root."""
    while True:
        candidate = secrets.randbits(BITS) | (1 << BITS) | 3
        candidate -= 2
        if _probably_prime(candidate):
            return candidate


def _probably_prime(number: int) -> bool:
    bases = (secrets.randbelow(number - 3) + 2 for _ in range(ROUNDS))
    return all(pow(base, number - 1, number) == 1 for base in bases)


class Field:
    """F_p with a value for every variable; `opaque` says whether anything irrational was met."""

    def __init__(self, prime: int, seed: int) -> None:
        self.prime, self.seed = prime, seed
        self.opaque = False
        self.imaginary = self._root_of_minus_one()

    def _root_of_minus_one(self) -> int:
        for base in range(2, 200):
            root = pow(base, (self.prime - 1) // 4, self.prime)
            if root * root % self.prime == self.prime - 1:
                return root
        raise OpaqueError

    def value(self, node: Node) -> int:
        """The residue of a node."""
        prime = self.prime
        match node:
            case Num(value) if isinstance(value, int):
                return value % prime
            case Num(value):
                return value.numerator * pow(value.denominator, -1, prime) % prime
            case Sym(name):
                return self.hashed("variable", name)
            case Add(terms):
                return sum(map(self.value, terms)) % prime
            case Mul(factors):
                result = 1
                for factor in factors:
                    result = result * self.value(factor) % prime
                return result
            case Frac(top, bottom):
                return self.value(top) * self.inverse(self.value(bottom)) % prime
            case Pow(base, exponent):
                return self.power(base, exponent)
            case _:
                return self.rare(node)

    def rare(self, node: Node) -> int:
        match node:
            case Const("i"):
                return self.imaginary
            case Const(name):
                self.opaque = True
                return self.hashed("constant", name)
            case Quantity(value, (("%", 1),)):
                return self.value(value) * pow(100, -1, self.prime) % self.prime
            case Ratio((left, right)):
                return self.value(left) * self.inverse(self.value(right)) % self.prime
            case Root(degree, radicand):
                self.opaque = True
                return self.hashed("root", degree, self.value(radicand))
            case Func("factorial", (Num(int(value)),)) if 0 <= value <= LONGEST_FACTORIAL:
                return factorial(value) % self.prime
            case Func(name, args):
                self.opaque = True
                return self.hashed(name, *map(self.value, args))
            case Apply(name, args):
                return self.hashed("apply", name, *map(self.value, args))
            case _:
                raise OpaqueError

    def hashed(self, *key: object) -> int:
        """A value that depends on the key and nothing else."""
        digest = hash((self.seed, *key)) * 0x9E3779B97F4A7C15F39CC0605CEDC834
        return (digest ^ (digest >> 61)) % self.prime

    def inverse(self, value: int) -> int:
        if value == 0:
            raise UndefinedError("a division by zero")
        return pow(value, -1, self.prime)

    def power(self, base: Node, exponent: Node) -> int:
        """Exact for whole exponents; opaque for others."""
        whole = whole_number(exponent)
        value = self.value(base)
        if whole is not None:
            if value == 0 and whole <= 0:
                raise UndefinedError("zero to a power that is not positive")
            return pow(value, whole, self.prime)
        self.opaque = True
        return self.hashed("power", value, self.value(exponent))


def whole_number(node: Node) -> int | None:
    """The integer that a closed expression without roots stands for, if it is one."""
    value = if_rational(node)
    return int(value) if value is not None and value.denominator == 1 else None


def if_rational(node: Node) -> Fraction | None:
    """As `rational`, but None where a node is no rational constant of bounded size."""
    try:
        return rational(node)
    except (UndefinedError, OpaqueError, LimitReachedError):
        return None


def rational(node: Node) -> Fraction:
    """The exact value of a rational constant; raises `OpaqueError` for anything else."""
    value = _exact(node)
    return value if isinstance(value, Fraction) else Fraction(value)


def _exact(node: Node) -> Rational:
    """Whole numbers stay so as long as they can, which is many times as fast."""
    match node:
        case Num(value):
            return value
        case Add(terms):
            return sum(map(_exact, terms))
        case Mul(factors):
            result: Rational = 1
            for factor in factors:
                result *= _exact(factor)
                _bounded(result)
            return result
        case Frac(top, bottom):
            divisor = _exact(bottom)
            if divisor == 0:
                raise UndefinedError("a division by zero")
            return Fraction(_exact(top), divisor)
        case Pow(base, exponent):
            return _rational_power(rational(base), rational(exponent))
        case Quantity(value, (("%", 1),)):
            return Fraction(_exact(value), 100)
        case _:
            raise OpaqueError


def _rational_power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise OpaqueError
    if base == 0 and exponent <= 0:
        raise UndefinedError("zero to a power that is not positive")
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if base not in (0, 1, -1) and size * abs(exponent) > MOST_BITS:
        raise LimitReachedError("a power beyond the limit")
    return base ** int(exponent)


def _bounded(value: Rational) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
        raise LimitReachedError("a number beyond the limit")


PRIME = _random_prime()


def compare_residues(left: Node, right: Node) -> bool | None:
    """True: the same function. False: two different rational functions. None: not decided."""
    for _ in range(4):
        field = Field(PRIME, secrets.randbits(60))
        try:
            same = field.value(left) == field.value(right)
        except UndefinedError:
            continue
        except OpaqueError:
            return None
        return True if same else None if field.opaque else False
    raise UndefinedError("no value")
