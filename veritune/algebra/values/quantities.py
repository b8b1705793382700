"""Values with units: conversion, omission, currencies, percents, degrees."""

from __future__ import annotations

import re
from fractions import Fraction

from veritune.algebra.trees.build import product
from veritune.algebra.trees.children import walk
from veritune.algebra.trees.nodes import Add, Const, Frac, Mul, Node, Num, Pow, Quantity, Sym
from veritune.algebra.values.modular import if_rational
from veritune.algebra.values.units import Unit, resolve

# Of a run of letters that may be a unit: longer ones are words.
LONGEST_LETTERS = 3
LETTERS = re.compile(r"[A-Za-z]+")


def split_unit(node: Node) -> tuple[Node, Unit]:
    """The value and its unit; compound quantities such as 5 ft 6 in are put into one unit."""
    if isinstance(node, Quantity):
        inner, unit = split_unit(node.value)
        if unit and conversion(unit, node.unit) == 1:
            return inner, unit
        return inner, unit + node.unit
    if isinstance(node, Mul):
        held = [f for f in node.factors if isinstance(f, Quantity)]
        if held and all(f.unit[0][0] not in ("%", "°") for f in held):
            plain = [f.value if isinstance(f, Quantity) else f for f in node.factors]
            return product(plain), tuple(part for f in held for part in f.unit)
    if isinstance(node, Add) and all(isinstance(term, Quantity) for term in node.terms):
        return _compound([term for term in node.terms if isinstance(term, Quantity)]) or (node, ())
    return node, ()


def _compound(terms: list[Quantity]) -> tuple[Node, Unit] | None:
    first = terms[0]
    values: list[Node] = [first.value]
    for term in terms[1:]:
        factor = conversion(term.unit, first.unit)
        if factor is None:
            return None
        values.append(product([Num(factor), term.value]))
    return Add(tuple(values)), first.unit


def conversion(source: Unit, target: Unit) -> Fraction | None:
    """The factor from one unit to another; None where they measure different things."""
    if source == target:
        return Fraction(1)
    for factor, dimension in resolve(source):
        for scale, other in resolve(target):
            if dimension == other:
                return factor / scale
    return None


def compatible_words(gold: Unit, pred: Unit) -> bool:
    """Whether two units of which at least one is no known unit may mean the same thing."""
    left, right = _nouns(gold), _nouns(pred)
    if left and right:
        return bool(left & right)
    for one, other in ((gold, pred), (pred, gold)):
        power = sum(n for name, n in one if name == "unit")
        lengths = [dimension == (("length", power),) for _, dimension in resolve(other)]
        if power == sum(n for _, n in one) and any(lengths):
            return True
    return False


def _nouns(unit: Unit) -> set[str]:
    return {word for name, _ in unit if name.startswith("?") for word in name[1:].split()}


def mentions_pi(node: Node) -> bool:
    return any(part == Const("pi") for part in walk(node))


def radians(value: Node, unit: Unit) -> Node:
    """An angle as a plain number."""
    if unit == (("°", 1),):
        return product([value, Frac(Const("pi"), Num(180))])
    return value


def letters_of(node: Quantity) -> list[Node]:
    """A unit of a few letters as the factors that they may be: the m of 5 m, the n and m of nm."""
    words = LETTERS.findall(node.words) or [name for name, _ in node.unit]
    names = [name for name, _ in node.unit]
    if not all(w.isascii() and w.isalpha() and len(w) <= LONGEST_LETTERS for w in words + names):
        return []
    if len(words) != len(names):
        return []
    return [
        letter if last < len(word) - 1 or power == 1 else Pow(letter, Num(power))
        for word, (_, power) in zip(words, node.unit, strict=True)
        for last, letter in enumerate(map(_letter, word))
    ]


def _letter(char: str) -> Node:
    return Const(char) if char in ("i", "e") else Sym(char)


def above_one(node: Node) -> bool:
    """Whether a value is so large that a percent sign may be left away without doubt."""
    value = if_rational(node)
    return value is not None and abs(value) > 1
