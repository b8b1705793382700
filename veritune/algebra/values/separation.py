"""How close two different algebraic numbers can be (Burnikel, Funke, Mehlhorn, Schirra, Schmitt).

For an expression of integers, + - * / and roots, with u and l as below and D the product of the
degrees of its roots, the value is zero or at least u^(1-D) / l in size. With that many digits a
numeric comparison is a proof.
"""

from __future__ import annotations

from fractions import Fraction
from math import log2

from veritune.algebra.trees.nodes import (
    Add,
    Const,
    Frac,
    Mul,
    Node,
    Num,
    Pow,
    Root,
)
from veritune.algebra.values.modular import OpaqueError, rational

Bound = tuple[float, float]


def separation_bits(left: Node, right: Node) -> float | None:
    """Bits that tell left - right from zero; None where an operand is not algebraic."""
    degrees: dict[Node, int] = {}
    try:
        upper, lower = _sum([_bound(left, degrees), _bound(right, degrees)])
    except OpaqueError:
        return None
    total = 1
    for degree in degrees.values():
        total *= degree
    return upper * (total - 1) + lower


def _bound(node: Node, degrees: dict[Node, int]) -> Bound:
    """log2 of the bounds (u, l) on the numerator and denominator."""
    match node:
        case Num(value):
            exact = Fraction(value)
            return _log(exact.numerator), _log(exact.denominator)
        case Const("i"):
            degrees[node] = 2
            return 0.0, 0.0
        case Add(terms):
            return _sum([_bound(term, degrees) for term in terms])
        case Mul(factors):
            bounds = [_bound(factor, degrees) for factor in factors]
            return sum(u for u, _ in bounds), sum(low for _, low in bounds)
        case Frac(top, bottom):
            (u, low), (v, high) = _bound(top, degrees), _bound(bottom, degrees)
            return u + high, low + v
        case Root(degree, radicand):
            return _root(node, degree, _bound(radicand, degrees), degrees)
        case Pow(base, exponent):
            return _power(node, _bound(base, degrees), rational(exponent), degrees)
        case _:
            raise OpaqueError


def _log(value: int) -> float:
    return log2(abs(value)) if value else 0.0


def _sum(bounds: list[Bound]) -> Bound:
    u, low = bounds[0]
    for v, high in bounds[1:]:
        u, low = max(u + high, v + low) + 1, low + high
    return u, low


def _root(node: Node, degree: int, bound: Bound, degrees: dict[Node, int]) -> Bound:
    degrees[node] = degree
    u, low = bound
    if u >= low:
        return (u + (degree - 1) * low) / degree, low
    return u, ((degree - 1) * u + low) / degree


def _power(node: Node, bound: Bound, exponent: Fraction, degrees: dict[Node, int]) -> Bound:
    times = abs(exponent.numerator)
    u, low = bound[0] * times, bound[1] * times
    if exponent < 0:
        u, low = low, u
    if exponent.denominator == 1:
        return u, low
    return _root(node, exponent.denominator, (u, low), degrees)
