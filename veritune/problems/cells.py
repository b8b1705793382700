"""Values of foreign rows as plain text: numbers, lists, and JSON that stands in a text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from veritune.text import parse_json

# Looked at first: most texts are no JSON, and parsing is slow.
_JSON = re.compile(r"\s*[\[{]")
# ASDiv writes `9 (apples)`. A factor is no unit: `5(m+1)`, `2 (pi)`, `3 (ab)`.
_WITH_UNIT = re.compile(r"(-?[\d.,:/]+)\s+\(([A-Za-z][A-Za-z.²³]+(?:[ /-][A-Za-z.²³]+)*)\)")
_SHORT_UNITS = frozenset(
    ["am", "cm", "ft", "hr", "in", "kg", "km", "lb", "mg", "mi", "ml", "mm", "oz", "pm", "yd"]
)
_FUNCTIONS = frozenset(["cos", "cot", "csc", "exp", "log", "sec", "sin", "sqrt", "tan", "theta"])
# Characters of a column, as JSON, that travels along as metadata: others hold whole samples.
LARGEST_METADATA = 2_000


def is_empty(value: object) -> bool:
    """Whether a cell holds nothing; 0 and false are something."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str | list | tuple | dict) and not len(value))


def opened(value: object) -> object:
    """The list or object of a JSON text; anything else as it is."""
    if not isinstance(value, str) or not _JSON.match(value):
        return value
    try:
        found = parse_json(value, finite=False)
    except ValueError:
        return value
    return found if isinstance(found, list | dict) else value


def answer_text(value: object) -> str | None:
    """An answer as one text; None for what is no answer.

    Several values are one answer, listed. ASDiv's `9 (apples)` is 9.
    """
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # 3.0 in a column of floats was 3 before pandas read it.
        return str(int(value)) if value.is_integer() else repr(value)
    value = opened(value)
    if isinstance(value, str):
        found = _WITH_UNIT.fullmatch(value.strip())
        return found[1] if found and _is_unit(found[2]) else value.strip()
    if isinstance(value, list):
        parts = [answer_text(one) for one in value]
        return ", ".join(part for part in parts if part) if None not in parts else None
    if isinstance(value, dict):
        named = [value[key] for key in ("value", "answer", "target", "spans") if key in value]
        alone = value.keys() <= {"value", "answer", "target", "spans", "types", "style"}
        return answer_text(named[0]) if named and alone else None
    return None


def _is_unit(text: str) -> bool:
    """Whether words in brackets behind a number are its unit, and no factor."""
    first = re.split("[ /-]", text)[0].casefold()
    return first not in _FUNCTIONS and (len(first) > 2 or first in _SHORT_UNITS)


def metadata_of(values: Mapping[str, object]) -> dict[str, object]:
    """The columns that nothing else was made of; long ones are named and left out."""
    found: dict[str, object] = {}
    long: list[str] = []
    for key, value in values.items():
        text = json.dumps(value, default=str)
        if len(text) > LARGEST_METADATA:
            long.append(key)
        elif not is_empty(value):
            found[key] = _finite(json.loads(text))
    return found | ({"left_out": long} if long else {})


def _finite(value: object) -> object:
    """JSON has no NaN and no infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_finite(one) for one in value]
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return value
