"""What is asked of a calculation that the algebra has read: its value, and how it was printed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from veritune.algebra import (
    Add,
    DomainError,
    Frac,
    LimitReachedError,
    Mul,
    Node,
    NotASetError,
    NotPolynomialError,
    Num,
    OpaqueError,
    Quantity,
    UndefinedError,
    UnparsedError,
    real_value,
    rebuild,
    walk,
)

# What the algebra raises where it cannot tell: then a claim is unchecked, and never wrong.
REFUSALS = (
    OpaqueError, UndefinedError, LimitReachedError, NotASetError, DomainError, RecursionError,
    ZeroDivisionError, ValueError, OverflowError, UnparsedError, NotPolynomialError,
)  # fmt: skip
PERCENT = (("%", 1),)


class Shown(NamedTuple):
    """A number as printed, without its sign: 5 of 5%."""

    value: Fraction
    places: int
    percent: bool


def shown(node: Node) -> Shown | None:
    """The one number that a node is, if it is one."""
    match node:
        case Num(value, places):
            return Shown(Fraction(value if value >= 0 else -value), places or 0, False)
        case Quantity(Num(value, places), unit) if unit == PERCENT:
            return Shown(Fraction(value if value >= 0 else -value), places or 0, True)
        case _:
            return None


def without_percent(node: Node) -> Node:
    """5% as 5."""
    if isinstance(node, Quantity):
        return node.value
    return rebuild(node, without_percent)


def replaced(node: Node, instead: Mapping[Fraction, Fraction]) -> Node:
    """The calculation with numbers replaced."""
    if isinstance(node, Num):
        value = Fraction(node.value)
        return Num(instead[value]) if value in instead else node
    return rebuild(node, lambda part: replaced(part, instead))


def numbers_of(node: Node) -> list[Num]:
    """All numbers in it."""
    return [part for part in walk(node) if isinstance(part, Num)]


def as_float(node: Node) -> float:
    """What a calculator in double precision makes of sums and products; nan for the rest."""
    match node:
        case Num(value):
            return float(value)
        case Add(terms):
            return sum(map(as_float, terms))
        case Mul(factors):
            return math.prod(map(as_float, factors))
        case _:
            return math.nan


def leading(node: Node) -> Fraction | None:
    """The value that a calculation begins with."""
    match node:
        case Add((first, *_)) | Mul((first, *_)) | Frac(first) | Quantity(first):
            return leading(first)
        case _:
            return real_value(node)


def longest(node: Node) -> int:
    """The most decimals of a number in it."""
    return max((number.places or 0 for number in numbers_of(node)), default=0)


def has_percent(node: Node) -> bool:
    """Whether it is a percentage, or a sum with one in it: 100 - 20%, but not 20% * 50."""
    match node:
        case Quantity():
            return True
        case Add(terms):
            return any(map(has_percent, terms))
        case Mul((Num(-1), inner)):
            return has_percent(inner)
        case _:
            return False


def is_share(node: Node) -> bool:
    """`3/21 * 100%`: a quotient in percent, whose value is printed with the sign or without."""
    match node:
        case Mul((Frac(), Quantity(Num(100)))):
            return True
        case _:
            return False


def takes_away(node: Node) -> bool:
    """Whether it is a difference, with no number below zero in it."""
    if not isinstance(node, Add):
        return False
    taken = [term for term in node.terms[1:] if is_negative(term)]
    negative = [number for number in numbers_of(node) if number.value < 0]
    return is_negative(node.terms[-1]) and len(negative) == len(taken)


def is_negative(node: Node) -> bool:
    """Whether it begins with a number below zero."""
    return (leading(node) or 0) < 0
