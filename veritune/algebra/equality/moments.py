"""Times of day and dates, which may be ratios in disguise."""

from __future__ import annotations

from veritune.algebra.equality.comparer import Comparer
from veritune.algebra.trees.nodes import DateTime, Node, Num, Ratio


def same_moments(gold: Node, pred: Node, comparer: Comparer) -> bool:
    """Whether two moments agree as far as both are given; a time may be a ratio."""
    match gold, pred:
        case DateTime(), DateTime():
            return _agree(gold, pred)
        case DateTime(), _:
            ratio = _as_ratio(gold)
            return ratio is not None and comparer.same(ratio, pred)
        case _, DateTime():
            ratio = _as_ratio(pred)
            return ratio is not None and comparer.same(gold, ratio)
        case _:
            return False


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


def _as_ratio(moment: DateTime) -> Node | None:
    """7:32 as a ratio; None for what can only be a time."""
    if moment.kind != "time" or moment.half:
        return None
    hour, minute, second = moment.fields
    parts = (hour, minute) if not second else moment.fields
    return Ratio(tuple(Num(part) for part in parts))
