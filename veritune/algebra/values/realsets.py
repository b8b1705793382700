"""Sets of real numbers as unions of intervals with numeric ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from veritune.algebra.trees.nodes import Node
from veritune.algebra.values.numeric import context
from veritune.algebra.values.polynomials import DIGITS

if TYPE_CHECKING:
    from veritune.algebra.values.mp import MpNumber


class NotASetError(Exception):
    """What should be a set of real numbers is not, or is beyond these means."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of an interval; `node` is its exact expression, where there is one."""

    value: MpNumber
    closed: bool
    node: Node | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """All numbers between two ends; a single point has equal closed ends."""

    low: End
    high: End


RealSet = tuple[Piece, ...]


def close(left: MpNumber, right: MpNumber) -> bool:
    """Whether two ends are the same number as far as the digits go."""
    mp = context()
    if mp.isinf(left) or mp.isinf(right):
        return bool(left == right)
    return bool(abs(left - right) <= (abs(left) + abs(right)) * mp.mpf(10) ** (22 - DIGITS))


def whole_line() -> RealSet:
    mp = context()
    return (Piece(End(-mp.inf, False), End(mp.inf, False)),)


def point(value: MpNumber, node: Node | None = None) -> RealSet:
    return (Piece(End(value, True, node), End(value, True, node)),)


def union(left: RealSet, right: RealSet) -> RealSet:
    """Sorted pieces, joined where they touch."""
    pieces = sorted([*left, *right], key=lambda p: (p.low.value, not p.low.closed))
    merged: list[Piece] = []
    for piece in pieces:
        if merged and _touches(merged[-1].high, piece.low):
            last = merged.pop()
            merged.append(Piece(last.low, _later(last.high, piece.high)))
        else:
            merged.append(piece)
    return tuple(merged)


def _touches(high: End, low: End) -> bool:
    if close(high.value, low.value):
        return high.closed or low.closed
    return bool(low.value < high.value)


def _later(left: End, right: End) -> End:
    if close(left.value, right.value):
        return left if left.closed else right
    return left if left.value > right.value else right


def intersection(left: RealSet, right: RealSet) -> RealSet:
    """Pieces that lie in both."""
    return complement(union(complement(left), complement(right)))


def complement(pieces: RealSet) -> RealSet:
    """All real numbers outside."""
    mp = context()
    result: list[Piece] = []
    start = End(-mp.inf, False)
    for piece in union(pieces, ()):
        low = piece.low
        if start.value < low.value or (start.closed and not low.closed):
            result.append(Piece(start, End(low.value, not low.closed, low.node)))
        start = End(piece.high.value, not piece.high.closed, piece.high.node)
    if start.value < mp.inf:
        result.append(Piece(start, End(mp.inf, False)))
    return tuple(piece for piece in result if not _empty(piece))


def _empty(piece: Piece) -> bool:
    return close(piece.low.value, piece.high.value) and not (piece.low.closed and piece.high.closed)
