"""Letters of a multiple choice, and words."""

from __future__ import annotations

from itertools import pairwise

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.reading.words import stem
from veritune.algebra.trees.nodes import Choice, Collection, Const, Mul, Node, Sym, Text

# Several choices that are ticked together, in rising order: "ACD".
CHOICES = frozenset("ABCDEFGH")


def same_choices(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """A choice by its letter, or by its text where the other side knows it."""
    match _letter(gold), _letter(pred):
        case Choice(letter, content), Choice(other, known):
            if letter != other or content is None or known is None:
                return letter == other
            return comparer.same(content, known)
        case Choice(_, content), None if content is not None:
            return comparer.same(content, pred)
        case None, Choice(_, known) if known is not None and not isinstance(gold, Sym):
            return comparer.same(gold, known)
        case _:
            return False


def _letter(node: Node) -> Choice | None:
    match node:
        case Choice():
            return node
        case Sym(name) if len(name) == 1:
            return Choice(name.upper())
        case _:
            return None


def same_letters(gold: Node, pred: Node, _: Comparer) -> bool | None:
    """Several choices that one side lists and the other writes in a row: A, C and D as ACD."""
    ticked = _ticked(gold)
    return True if ticked and ticked == _ticked(pred) else None


def _ticked(node: Node) -> str:
    """The letters of several choices, listed or written in a row; "" where it is none."""
    if isinstance(node, Collection):
        letters = "".join(sorted(map(_row, node.items)))
        text = letters if node.kind in ("list", "and") and len(letters) == len(node.items) else ""
    else:
        text = _row(node).upper() if isinstance(node, Text) else _row(node)
    rising = all(one < other for one, other in pairwise(text))
    return text if len(text) > 1 and rising and set(text) <= CHOICES else ""


def _row(node: Node) -> str:
    """Letters in a row, whether they are read as a word or as a product; else ""."""
    if isinstance(node, Text):
        return node.words[0] if len(node.words) == 1 else ""
    factors = node.factors if isinstance(node, Mul) else (node,)
    names = [factor.name for factor in factors if isinstance(factor, (Sym, Const))]
    alone = len(names) == len(factors) and all(len(name) == 1 for name in names)
    return "".join(names) if alone else ""


def same_text(gold: Node, pred: Node, _: Comparer) -> bool:
    """Words that are the same; a word that is short or in capitals may look like a product."""
    rows = _row(gold), _row(pred)
    spelled = any(len(row) > 1 or row.isupper() for row in rows)
    return gold == pred or (spelled and stem(rows[0]) == stem(rows[1]))
