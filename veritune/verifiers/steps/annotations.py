"""GSM8K's calculator annotations: `<<48/2=24>>24`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from veritune.algebra import rational
from veritune.verifiers.steps.arithmetic import (
    FLOAT_DECIMALS,
    Unreadable,
    arithmetic,
    decimal,
    evaluate,
    is_float_of,
    places,
    rounds_to,
)

# Of one claim in a step; `mathematics` makes the step's label of all of them.
ClaimLabel = Literal["correct", "incorrect", "unchecked"]
Finding = tuple[ClaimLabel, str]
_ANNOTATION = re.compile(
    r"<<([^<>=\n]*)=([^<>=\n]*)>>(?:[ ]?\\?[$£€]?((?:\d{1,3}(?:[ ,]\d{3})+|\d+)(?:\.\d+)?|\.\d+)"
    r"(?![\d/,]|\.\d))?"
)


def check_annotations(text: str, start: int = 0, end: int | None = None) -> Iterator[Finding]:
    """A finding for every annotation between two offsets."""
    for match in _ANNOTATION.finditer(text, start, len(text) if end is None else end):
        label, reason = _check(match[1], match[2])
        if label == "correct" and match[3] is not None:
            label, reason = _written(match[2], match[3], reason)
        yield label, reason


def _written(computed: str, shown: str, reason: str) -> Finding:
    """Whether the number behind an annotation is the one that was computed, or that one rounded."""
    try:
        value, claimed = evaluate(computed), rational(arithmetic(shown))
    except Unreadable as error:
        return "unchecked", f"{shown}: {error}"
    decimals = places(shown)
    if value == claimed or is_float_of(value, claimed, places(computed.strip())):
        return "correct", reason
    # A calculator's long decimal is shortened by hand, up or down.
    long = places(computed.strip()) >= FLOAT_DECIMALS
    if long and abs(value - claimed) * 10**decimals < 1:
        return "correct", reason
    if not decimals and value.denominator > 1 and rounds_to(value, claimed, 0):
        return "unchecked", f"{computed} may be rounded to {shown}"
    return "incorrect", f"{computed} was computed, {shown} is written"


def _check(expression: str, shown: str) -> Finding:
    """Whether an expression has the value shown, at the precision it is printed with."""
    try:
        value, claimed = evaluate(expression), evaluate(shown)
    except Unreadable as error:
        return "unchecked", f"{expression}={shown}: {error}"
    decimals = places(shown.strip())
    exact = value == claimed or (decimals and rounds_to(value, claimed, decimals))
    if exact or is_float_of(value, claimed, decimals):
        return "correct", f"{expression}={shown}"
    return "incorrect", f"{expression} is {decimal(value, decimals)}, not {shown}"
