"""Exact polynomials in several variables, to see whether one equation follows from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from veritune.algebra import Const, Node, Num, OpaqueError, Ring, Sym, quotient

# Names in order with their powers; the empty one is the constant.
Monomial = tuple[tuple[str, int], ...]
Polynomial = dict[Monomial, Fraction]
# Rows, each with the monomial that leads it.
Triangle = list[tuple[Monomial, Polynomial]]
# Beyond these, expanding costs more than it tells: the claim is unchecked.
MOST_TERMS = 80
HIGHEST_POWER = 8


def equation(left: Node, right: Node) -> Polynomial:
    """The polynomial that is zero where both sides are equal; raises where there is none.

    Denominators are multiplied out, so where one is zero the polynomial may be so too.
    """
    (a, b), (c, d) = _quotient(left), _quotient(right)
    return _plus(times(a, d), _scaled(times(c, b), Fraction(-1)))


def expression(node: Node) -> Polynomial:
    """The polynomial that an expression is; raises where it is none."""
    top, bottom = _quotient(node)
    if set(bottom) != {()}:
        raise OpaqueError
    return _scaled(top, 1 / bottom[()])


def names_of(poly: Polynomial) -> set[str]:
    """The variables that are left in it."""
    return {name for monomial in poly for name, _ in monomial}


def degree(poly: Polynomial) -> int:
    """The highest sum of powers in a term; 0 for a constant."""
    return max((sum(power for _, power in monomial) for monomial in poly), default=0)


def substituted(poly: Polynomial, values: Mapping[str, Polynomial]) -> Polynomial:
    """The polynomial with variables replaced by polynomials."""
    result: Polynomial = {}
    for monomial, factor in poly.items():
        term: Polynomial = {(): factor}
        for name, power in monomial:
            factor_of: Polynomial = values[name] if name in values else {((name, 1),): Fraction(1)}
            for _ in range(power):
                term = times(term, factor_of)
        result = _plus(result, term)
    return result


def follows(poly: Polynomial, rows: Sequence[Polynomial]) -> bool:
    """Whether a polynomial is a combination of others with constant factors.

    From rows that contradict each other anything would follow, so nothing does.
    """
    done = _reduced(rows)
    if any(not pivot for pivot, _ in done):
        return False  # a number other than zero is zero
    return not _rest(poly, done)


def rank(rows: Sequence[Polynomial]) -> int:
    """How many of the equations are independent."""
    return len(_reduced(rows))


def _reduced(rows: Sequence[Polynomial]) -> Triangle:
    """The rows as a triangle: each with a monomial that no later one has."""
    done: Triangle = []
    for row in rows:
        rest = _rest(row, done)
        if rest:
            done.append((max(rest, key=_order), rest))
    return done


def _rest(poly: Polynomial, done: Triangle) -> Polynomial:
    """What is left of a polynomial without any monomial that leads a row."""
    for pivot, row in done:
        if pivot in poly:
            poly = _plus(poly, _scaled(row, -poly[pivot] / row[pivot]))
    return poly


def _order(monomial: Monomial) -> tuple[int, Monomial]:
    return sum(power for _, power in monomial), monomial


def _known(node: Node) -> Polynomial | None:
    """A number or a variable; none for what is put together of them."""
    match node:
        case Num(value):
            return {(): Fraction(value)} if value else {}
        case Sym(name) | Const(("pi" | "e") as name):
            return {((name, 1),): Fraction(1)}
        case _:
            return None


def _plus(left: Polynomial, right: Polynomial) -> Polynomial:
    total = dict(left)
    for monomial, factor in right.items():
        total[monomial] = total.get(monomial, Fraction(0)) + factor
    return {monomial: factor for monomial, factor in total.items() if factor}


def _scaled(poly: Polynomial, factor: Fraction) -> Polynomial:
    return {monomial: value * factor for monomial, value in poly.items()}


def times(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product; raises `OpaqueError` where it grows too large."""
    if len(left) * len(right) > MOST_TERMS * MOST_TERMS // 4:
        raise OpaqueError
    result: Polynomial = {}
    for one, a in left.items():
        for other, b in right.items():
            powers = dict(one)
            for name, power in other:
                powers[name] = powers.get(name, 0) + power
            monomial = tuple(sorted(powers.items()))
            result[monomial] = result.get(monomial, Fraction(0)) + a * b
    if len(result) > MOST_TERMS:
        raise OpaqueError
    return {monomial: factor for monomial, factor in result.items() if factor}


_RING: Ring[Polynomial] = Ring(_known, _plus, times, {}, {(): Fraction(1)}, HIGHEST_POWER)


def _quotient(node: Node) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator."""
    return quotient(node, _RING)
