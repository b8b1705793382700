"""A calculation that was read in prose, as a tree, and its exact value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from veritune.verifiers.steps.arithmetic import Undefined, Unreadable
from veritune.verifiers.steps.tokens import Number, ProseToken, magnitude

# Powers are worked out exactly, so their size is bounded first.
_MOST_BITS = 512


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number as printed."""

    token: ProseToken


@dataclass(frozen=True, slots=True)
class Branch:
    """An operation: + - * / ^ or `of`; a sign is an operation on zero."""

    operator: str
    left: Tree
    right: Tree


Tree = Leaf | Branch


def value_of(
    tree: Tree, *, percent: bool = True, instead: Mapping[Number, Number] | None = None
) -> Number:
    """The exact value. `percent` reads 5% as 0.05, else as 5; `instead` replaces numbers."""
    if isinstance(tree, Leaf):
        number: Number = tree.token.value
        if instead and number in instead:
            number = instead[number]
        return Fraction(number) / 100 if percent and tree.token.percent else number
    right = value_of(tree.right, percent=percent, instead=instead)
    if tree.operator == "sign":
        return -right
    left = value_of(tree.left, percent=percent, instead=instead)
    return _operate(tree.operator, left, right)


def as_float(tree: Tree) -> float:
    """What a calculator in double precision makes of sums and products; nan for the rest."""
    if isinstance(tree, Leaf):
        return float(tree.token.value)
    left, right = as_float(tree.left), as_float(tree.right)
    if tree.operator == "+":
        return left + right
    if tree.operator == "-":
        return left - right
    return left * right if tree.operator == "*" else math.nan


def leading_number(tree: Tree) -> Number | None:
    """The number that a side begins with."""
    while isinstance(tree, Branch) and tree.operator != "sign":
        tree = tree.left
    return tree.token.value if isinstance(tree, Leaf) else None


def longest(tree: Tree) -> int:
    """The most decimals of a number in it."""
    if isinstance(tree, Leaf):
        return tree.token.places
    return max(longest(tree.left), longest(tree.right))


def _operate(operator: str, left: Number, right: Number) -> Number:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator in ("*", "of"):
        return left * right
    if operator == "/":
        if right == 0:
            raise Undefined("division by zero")
        return left // right if _divides(left, right) else Fraction(left) / Fraction(right)
    return _power(left, right)


def _divides(left: Number, right: Number) -> bool:
    return isinstance(left, int) and isinstance(right, int) and left % right == 0


def _power(base: Number, exponent: Number) -> Number:
    if Fraction(exponent).denominator != 1 or magnitude(exponent) > 64:
        raise Unreadable("exponent not a small whole number")
    if base == 0 and exponent < 0:
        raise Undefined("division by zero")
    top, bottom = Fraction(base).as_integer_ratio()
    if max(top.bit_length(), bottom.bit_length()) * abs(int(exponent)) > _MOST_BITS:
        raise Unreadable("number too large")
    return Fraction(base) ** int(exponent)
