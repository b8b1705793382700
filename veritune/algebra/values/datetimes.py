"""Times of day and dates."""

from __future__ import annotations

from veritune.algebra.trees.nodes import DateTime, Node, Num, Ratio


def same_datetime(gold: DateTime, pred: DateTime) -> bool:
    """Whether two moments agree as far as both are given."""
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


def as_ratio(moment: DateTime) -> Node | None:
    """7:32 as a ratio; None for what can only be a time."""
    if moment.kind != "time" or moment.half:
        return None
    hour, minute, second = moment.fields
    parts = (hour, minute) if not second else moment.fields
    return Ratio(tuple(Num(part) for part in parts))
