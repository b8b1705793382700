"""Univariate rational functions with numeric coefficients, and their real roots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Generic, TypeVar

from veritune.algebra.limits import LimitReachedError, spend
from veritune.algebra.trees.children import variables
from veritune.algebra.trees.nodes import Add, Frac, Mul, Node, Pow, Sym
from veritune.algebra.values.modular import whole_number
from veritune.algebra.values.mp import MpNumber
from veritune.algebra.values.numeric import Evaluator, context

# Of polynomials whose roots are found, derivative by derivative.
HIGHEST_DEGREE = 24
# Of coefficients and roots: a double root is found to half of them.
DIGITS = 60
STEPS = 400

P = TypeVar("P")
# Coefficients from the constant term up.
Poly = list[MpNumber]


class NotPolynomialError(Exception):
    """The expression is no rational function of the variable."""


@dataclass(frozen=True, slots=True)
class Ring(Generic[P]):
    """Polynomials of one kind: how they add and multiply, and up to which power.

    `known` gives the one that a constant or a variable is; None for any other node.
    """

    known: Callable[[Node], P | None]
    plus: Callable[[P, P], P]
    times: Callable[[P, P], P]
    zero: P
    one: P
    highest: int


def quotient(node: Node, ring: Ring[P]) -> tuple[P, P]:
    """Numerator and denominator of a rational function; raises `NotPolynomialError`."""
    known = ring.known(node)
    if known is not None:
        return known, ring.one
    times = ring.times
    top, bottom = ring.one, ring.one
    match node:
        case Add(terms):
            top = ring.zero
            for term in terms:
                up, down = quotient(term, ring)
                top = ring.plus(times(top, down), times(up, bottom))
                bottom = times(bottom, down)
        case Mul(factors):
            for factor in factors:
                up, down = quotient(factor, ring)
                top, bottom = times(top, up), times(bottom, down)
        case Frac(above, below):
            (up, down), (over, under) = quotient(above, ring), quotient(below, ring)
            top, bottom = times(up, under), times(down, over)
        case Pow(base, exponent):
            power = whole_number(exponent)
            if power is None or abs(power) > ring.highest:
                raise NotPolynomialError
            up, down = quotient(base, ring) if power >= 0 else quotient(base, ring)[::-1]
            for _ in range(abs(power)):
                top, bottom = times(top, up), times(bottom, down)
        case _:
            raise NotPolynomialError
    return top, bottom


def rational_function(node: Node, name: str) -> tuple[Poly, Poly]:
    """Numerator and denominator as polynomials in the variable `name`."""
    one = context().mpf(1)

    def known(part: Node) -> Poly | None:
        if isinstance(part, Sym) and part.name == name:
            return [one * 0, one]
        if name in variables(part):
            return None
        value = Evaluator(DIGITS, real=True).value(part)
        if not isinstance(value, context().mpf):
            raise NotPolynomialError
        return [value]

    return quotient(node, Ring(known, _plus, times, [one * 0], [one], HIGHEST_DEGREE))


def _plus(left: Poly, right: Poly) -> Poly:
    return [a + b for a, b in zip_longest(left, right, fillvalue=context().mpf(0))]


def times(left: Poly, right: Poly) -> Poly:
    """The product of two polynomials."""
    if len(left) + len(right) > HIGHEST_DEGREE + 2:
        raise LimitReachedError("a polynomial of too high a degree")
    result = [context().mpf(0)] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] += a * b
    return trimmed(result)


def trimmed(poly: Poly) -> Poly:
    """Without leading coefficients that are zero but for rounding."""
    size = max(map(abs, poly))
    limit = size * context().mpf(10) ** (10 - DIGITS)
    while len(poly) > 1 and abs(poly[-1]) <= limit:
        poly = poly[:-1]
    return poly


def horner(poly: Poly, x: MpNumber) -> MpNumber:
    """The value at x."""
    result = poly[-1]
    for coefficient in poly[-2::-1]:
        result = result * x + coefficient
    return result


def real_roots(poly: Poly) -> list[MpNumber]:
    """The real roots in order, each once: from the roots of the derivative, recursively."""
    poly = trimmed(poly)
    if len(poly) < 2:
        return []
    mp = context()
    mp.dps = DIGITS
    if len(poly) == 2:
        return [-poly[0] / poly[1]]
    turns = real_roots([coefficient * k for k, coefficient in enumerate(poly)][1:])
    bound = 1 + max(abs(c) for c in poly[:-1]) / abs(poly[-1])
    places = [-bound, *turns, bound]
    roots: list[MpNumber] = []
    for low, high in pairwise(places):
        root = _between(poly, low, high)
        if root is not None and (not roots or abs(root - roots[-1]) > _close(root)):
            roots.append(root)
    return roots


def _close(x: MpNumber) -> MpNumber:
    unit: MpNumber = context().mpf(10) ** (20 - DIGITS)
    return (1 + abs(x)) * unit


def _flat(poly: Poly, x: MpNumber) -> bool:
    """Whether the value at x is zero but for rounding."""
    size = sum(abs(c) * abs(x) ** k for k, c in enumerate(poly))
    return bool(abs(horner(poly, x)) <= size * context().mpf(10) ** (15 - DIGITS))


def _between(poly: Poly, low: MpNumber, high: MpNumber) -> MpNumber | None:
    """The root between two neighbouring turning points, where there is one."""
    if _flat(poly, low):
        return low
    if _flat(poly, high):
        return high
    below, above = horner(poly, low) > 0, horner(poly, high) > 0
    if below == above:
        return None
    halvings = int(DIGITS * 3.4) + 8
    spend(halvings * len(poly) / 2)
    for _ in range(halvings):
        middle = (low + high) / 2
        if (horner(poly, middle) > 0) == below:
            low = middle
        else:
            high = middle
    return (low + high) / 2
