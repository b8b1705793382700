"""Equations by their values at random points, to see whether one follows from others.

An equation is a polynomial that is zero where it holds, and stands here as the residues of that
polynomial at a few random points modulo a large random prime, which nobody can aim at. What is a
combination of polynomials is the same combination of their residues; the converse fails by a chance
of about 1 in 2^60 (Schwartz-Zippel).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from secrets import randbits

from veritune.algebra import PRIME, Const, Node, Num, Pow, Ring, Sym, quotient, rational

# One at each point.
Residues = tuple[int, ...]
# More than there are equations to combine; the first three lie on a line, evenly spaced.
POINTS = 14
HIGHEST_POWER = 8
_SEED = randbits(64)


def equation(left: Node, right: Node) -> Residues:
    """What is zero where both sides are equal; raises where one is no rational function.

    Denominators are multiplied out, so where one is zero this may be so too.
    """
    found = []
    for ring in map(_ring, range(POINTS)):
        (a, b), (c, d) = quotient(left, ring), quotient(right, ring)
        found.append((a * d - c * b) % PRIME)
    return tuple(found)


def is_constant(values: Residues) -> bool:
    """Whether it has the same value for all values of the variables."""
    return len(set(values)) == 1


def is_linear(values: Residues) -> bool:
    """Whether no term has a degree above 1."""
    return (values[0] - 2 * values[1] + values[2]) % PRIME == 0


def follows(values: Residues, rows: Sequence[Residues]) -> bool:
    """Whether one is a combination of others with constant factors.

    From rows that contradict each other anything would follow, so nothing does.
    """
    known = rank(rows)
    contradicting = rank([*rows, (1,) * POINTS]) == known
    return not contradicting and rank([*rows, values]) == known


def rank(rows: Sequence[Residues]) -> int:
    """How many of the equations are independent."""
    done: list[tuple[int, Residues]] = []
    for row in rows:
        rest = row
        for pivot, other in done:
            factor = rest[pivot]
            rest = tuple((a - factor * b) % PRIME for a, b in zip(rest, other, strict=True))
        pivot = next((at for at, value in enumerate(rest) if value), POINTS)
        if pivot < POINTS:
            inverse = pow(rest[pivot], -1, PRIME)
            done.append((pivot, tuple(value * inverse % PRIME for value in rest)))
    return len(done)


def _coordinate(name: str, point: int) -> int:
    if point < 3:
        return hash((_SEED, name)) + point * hash((_SEED, name, "slope"))
    return hash((_SEED, name, point))


@cache
def _ring(point: int) -> Ring[int]:
    """The numbers modulo the prime, with the variables at one point."""

    def known(node: Node) -> int | None:
        match node:
            case Num() | Pow(Num(), Num()):
                number = rational(node)
                return number.numerator * pow(number.denominator, -1, PRIME) % PRIME
            case Sym(name) | Const(("pi" | "e") as name):
                return _coordinate(name, point)
            case _:
                return None

    return Ring(known, _plus, _times, 0, 1, HIGHEST_POWER)


def _plus(left: int, right: int) -> int:
    return (left + right) % PRIME


def _times(left: int, right: int) -> int:
    return left * right % PRIME
