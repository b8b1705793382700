"""Piecewise answers, ratios, and unknown functions."""

from __future__ import annotations

from functools import partial

from veritune.algebra.equality.comparer import Comparer, paired
from veritune.algebra.equality.identity import identical
from veritune.algebra.limits import UndefinedError, UnparsedError
from veritune.algebra.trees.build import product
from veritune.algebra.trees.nodes import Apply, Cases, Node, Num, Ratio

Piece = tuple[Node, Node | None]


def same_cases(gold: Node, pred: Node, comparer: Comparer) -> bool | None:
    """As functions where they are functions of numbers, else piece by piece."""
    match gold, pred:
        case Cases(golds), Cases(preds):
            try:
                return identical(gold, pred)
            except (UnparsedError, UndefinedError):
                return paired(golds, preds, partial(_same_piece, comparer=comparer))
        case _:
            return None


def _same_piece(gold: Piece, pred: Piece, comparer: Comparer) -> bool:
    """The same value under the same condition."""
    (value, guard), (other, condition) = gold, pred
    if guard is None or condition is None:
        return guard is condition and comparer.same(value, other)
    return comparer.same(guard, condition) and comparer.same(value, other)


def same_ratios(gold: Node, pred: Node, _: Comparer) -> bool | None:
    """4 : 6 and 2 : 3."""
    match gold, pred:
        case Ratio((first, *golds)), Ratio((second, *preds)):
            if len(golds) != len(preds):
                return False
            if any(identical(part, Num(0)) for part in (first, second, *golds, *preds)):
                return gold == pred
            return all(
                identical(product([first, other]), product([second, one]))
                for one, other in zip(golds, preds, strict=True)
            )
        case _:
            return None


def same_functions(gold: Node, pred: Node, comparer: Comparer) -> bool | None:
    """f(x) and f(y), where the policy says that they are the same."""
    match gold, pred:
        case Apply(name, args), Apply(other, others) if comparer.policy.rename_variables:
            return name == other and len(args) == len(others)
        case _:
            return None
