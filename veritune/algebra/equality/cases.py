"""Piecewise answers."""

from __future__ import annotations

from collections.abc import Callable

from veritune.algebra.equality.identity import identical
from veritune.algebra.limits import UndefinedError, UnparsedError
from veritune.algebra.trees.nodes import Cases, Node


def same_cases(gold: Cases, pred: Cases, same: Callable[[Node, Node], bool]) -> bool:
    """As functions where they are functions of numbers, else piece by piece."""
    try:
        return identical(gold, pred)
    except (UnparsedError, UndefinedError):
        return _same_pieces(gold, pred, same)


def _same_pieces(gold: Cases, pred: Cases, same: Callable[[Node, Node], bool]) -> bool:
    """Each piece has its own match with the same condition."""
    if len(gold.pieces) != len(pred.pieces):
        return False
    rest = list(pred.pieces)
    for value, guard in gold.pieces:
        for piece in rest:
            if _same_guard(guard, piece[1], same) and same(value, piece[0]):
                rest.remove(piece)
                break
        else:
            return False
    return True


def _same_guard(gold: Node | None, pred: Node | None, same: Callable[[Node, Node], bool]) -> bool:
    if gold is None or pred is None:
        return gold is pred
    return same(gold, pred)
