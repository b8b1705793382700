"""Plain numbers with + - * / between, as most calculations are: the same tree, but faster."""

from __future__ import annotations

import re

from veritune.algebra.reading.atoms import literal
from veritune.algebra.trees.build import negated, product
from veritune.algebra.trees.nodes import Add, Frac, Node

# Characters; a longer text is read as any other, with its limits.
LONGEST = 100
NUMBER = r"\d+(?:\.\d+)?"
CHAIN = re.compile(rf" ?-?{NUMBER}(?: ?[-+*/] ?{NUMBER})* ?")
PIECES = re.compile(rf"{NUMBER}|[-+*/]")
# 2024-05-06 is a day.
DATE = re.compile(r"\d{4}-\d\d-\d\d")


def plain(text: str) -> Node | None:
    """The tree of such a calculation; None for any other text."""
    if len(text) > LONGEST or not CHAIN.fullmatch(text) or DATE.fullmatch(text):
        return None
    pieces = PIECES.findall(text)
    if pieces[0] != "-":
        pieces = ["+", *pieces]
    terms: list[Node] = []
    factors: list[Node] = []
    minus = False
    for sign, digits in zip(pieces[::2], pieces[1::2], strict=True):
        number = literal(digits)
        if sign == "*":
            factors.append(number)
        elif sign == "/":
            factors = [Frac(product(factors), number)]
        else:
            if factors:
                terms.append(_term(factors, minus))
            factors, minus = [number], sign == "-"
    terms.append(_term(factors, minus))
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _term(factors: list[Node], minus: bool) -> Node:
    return negated(product(factors)) if minus else product(factors)
