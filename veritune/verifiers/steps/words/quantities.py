"""Quantities with units on both sides: `2 hours = 120 minutes`, `90 minutes + 300 seconds = ...`.

The algebra reads the units and compares. Only units that everybody counts alike prove an error:
a working day has 8 hours, and a scale says that 1 inch is 4 miles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.algebra import (
    DEFAULT,
    Add,
    LimitReachedError,
    Node,
    Quantity,
    Relater,
    UndefinedError,
    UnparsedError,
    conversion,
    read,
    walk,
)
from veritune.lazy import pattern
from veritune.verifiers.steps.annotations import Finding

_UNITS = """
    seconds? secs? minutes? mins? hours? hrs? days? weeks? inch inches foot feet ft yards? miles?
    mm cm km m g kg mg millimeters? centimeters? meters? metres? kilometers? kilometres? grams?
    kilograms? ounces? oz pounds? lbs? gallons? quarts? pints? liters? litres? ml milliliters?
    cents? dollars?"""
_UNIT = rf"(?:{'|'.join(_UNITS.split())})\b"
_ONE = rf"\\?\$?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?:/\d+)? ?(?:{_UNIT})?"
_SIDE = rf"{_ONE}(?:(?:,? and| ?[+-]) ?{_ONE}| {_ONE})*"
_CLAIM = pattern(
    rf"(?<![\w.$/*+×÷=^-])(?<![-+*/×÷=^] )({_SIDE}) ?(=|is|are|equals)"  # noqa: RUF001
    rf" ?(?:<<[^<>\n]*>>)?({_SIDE})"
    r"(?!\s?[-+*/×÷^=<]|\s?x\s?\d|\s?\d|\.\d|/|\s(?:per|and \d|plus|minus|of|more|less)\b)"  # noqa: RUF001
)
_SIGN = pattern(rf"\d ?{_UNIT} ?(?:=|is|are|equals) ?(?:<<[^<>\n]*>>)?\\?\$?\d")
"""What every claim has in its middle; looked for before what costs more."""
_JOINED = pattern(r",? and ")
_NAMED = pattern(_UNIT)
_BEFORE = pattern(r"\b(?:of|and|plus|minus|times|by|every|each|per|than|or|to|for|if)\s*$")
_LOOSE = pattern(r"\b(?:days?|weeks?)\b")
_SCALE = pattern(r"\b(?:scale|map|model|drawing|represents?|blueprint)\b", re.IGNORECASE)


def quantities(text: str, start: int, end: int) -> Iterator[tuple[int, int, Finding]]:
    """The equations between quantities in two units or more: where they stand, and a finding."""
    if _SIGN.search(text, start, end) is None:
        return
    for match in _CLAIM.finditer(text, start, end):
        left, right = (re.sub(r"<<[^<>\n]*>>", "", side) for side in match.group(1, 3))
        named = {unit.removesuffix("s") for unit in _NAMED.findall(f"{left} {right}")}
        if len(named) < 2 or not _NAMED.search(left) or _BEFORE.search(text[start : match.start()]):
            continue
        same = _same(left, right)
        if same is None:
            continue
        if same:
            yield *match.span(), ("correct", f"{match[0]}: holds")
        elif not (_LOOSE.search(match[0]) or _SCALE.search(text)):
            yield *match.span(), ("incorrect", f"{match[0]}: the quantities differ")


def _same(left: str, right: str) -> bool | None:
    """Whether two quantities are equal; None where they measure different things."""
    try:
        one, other = (read(_JOINED.sub(" + ", side)) for side in (left, right))
        parts = [part for side in (one, other) for part in walk(side)]
        units = [part.unit for part in parts if isinstance(part, Quantity)]
        if not all(map(_measured, (one, other))) or any(
            conversion(units[0], unit) is None for unit in units
        ):
            return None
        return Relater(DEFAULT).same(one, other)
    except (UnparsedError, LimitReachedError, UndefinedError, ValueError, ArithmeticError):
        return None


def _measured(node: Node) -> bool:
    """Whether every part of a sum has a unit."""
    parts = node.terms if isinstance(node, Add) else (node,)
    return all(isinstance(part, Quantity) for part in parts)
