"""Rows of measurements: numbers, texts and lists of texts by name; one JSON object a line in files.

`round`, `phase` and `step` say what a row is about; the rest are figures of that phase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

# None where there was nothing to measure; texts are warnings and hashes.
MetricValue = float | int | str | list[str] | None
MetricsRow = dict[str, MetricValue]
# Told of every optimizer step.
OnStep = Callable[[MetricsRow], None]


def number(row: Mapping[str, MetricValue], name: str) -> float:
    """A figure that is there; raises `KeyError`, or `TypeError` where it is no number."""
    value = row[name]
    if isinstance(value, int | float):
        return value
    raise TypeError(f"{name}: expected a number (got {value!r})")


def whole(row: Mapping[str, MetricValue], name: str, default: int | None = None) -> int:
    """A count, a round or a step, as `number` reads it; `default` where there is none."""
    if default is not None and name not in row:
        return default
    return int(number(row, name))


def rate(row: Mapping[str, MetricValue], name: str) -> float | None:
    """A figure that is None where there was nothing to take it of."""
    return None if row[name] is None else number(row, name)


def texts(row: Mapping[str, MetricValue], name: str) -> list[str]:
    """The texts under a name; none where it is not there."""
    value = row.get(name)
    return value if isinstance(value, list) else []
