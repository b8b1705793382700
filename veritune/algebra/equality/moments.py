"""Times of day and dates, which may be ratios in disguise."""

from __future__ import annotations

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.trees.nodes import DateTime, Node, Num, Ratio


def same_moments(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Whether two moments agree as far as both are given; a time may be a ratio."""
    match gold, pred:
        case DateTime(), DateTime():
            return _agree(gold, pred)
        case _:
            left, right = _as_ratio(gold), _as_ratio(pred)
            return left is not None and right is not None and comparer.same(left, right)


def _agree(gold: DateTime, pred: DateTime) -> bool:
    if gold.kind != pred.kind:
        return False
    if gold.kind == "time":
        return _same_time(gold, pred)
    year, month, day = gold.fields
    other_year, other_month, other_day = pred.fields
    return (month, day) == (other_month, other_day) and (
        year == other_year or 0 in (year, other_year)
    )


def _same_time(gold: DateTime, pred: DateTime) -> bool:
    """Twelve-hour times match only times that say the same half of the day, or none."""
    left, right = _clock(gold), _clock(pred)
    if (gold.half and pred.half) or (not gold.half and not pred.half):
        return left == right
    plain = pred if gold.half else gold
    if plain.fields[0] > 12 or plain.fields[0] == 0:
        return left == right
    return gold.fields == pred.fields


def _clock(moment: DateTime) -> tuple[int, ...]:
    hour, *rest = moment.fields
    if moment.half:
        hour = hour % 12 + (12 if moment.half == "p" else 0)
    return (hour, *rest)


def _as_ratio(node: Node) -> Node | None:
    """7:32 as a ratio, None for what can only be a time; any other node as it is."""
    if not isinstance(node, DateTime):
        return node
    if node.kind != "time" or node.half:
        return None
    hour, minute, second = node.fields
    parts = (hour, minute) if not second else node.fields
    return Ratio(tuple(Num(part) for part in parts))
