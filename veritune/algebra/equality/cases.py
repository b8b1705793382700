"""Piecewise answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from veritune.algebra.equality.comparer import paired
from veritune.algebra.equality.identity import identical
from veritune.algebra.limits import UndefinedError, UnparsedError
from veritune.algebra.trees.nodes import Cases, Node

Piece = tuple[Node, Node | None]


def same_cases(gold: Cases, pred: Cases, same: Callable[[Node, Node], bool]) -> bool:
    """As functions where they are functions of numbers, else piece by piece."""
    try:
        return identical(gold, pred)
    except (UnparsedError, UndefinedError):
        return len(gold.pieces) == len(pred.pieces) and paired(
            gold.pieces, pred.pieces, partial(_same_piece, same=same)
        )


def _same_piece(gold: Piece, pred: Piece, same: Callable[[Node, Node], bool]) -> bool:
    """The same value under the same condition."""
    (value, guard), (other, condition) = gold, pred
    if guard is None or condition is None:
        return guard is condition and same(value, other)
    return same(guard, condition) and same(value, other)
