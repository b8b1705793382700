"""All claims in words that are read whole: relations, quantities, facts, divisions with a rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.verifiers.steps.annotations import Finding
from veritune.verifiers.steps.words.numbers import number_facts
from veritune.verifiers.steps.words.quantities import quantities
from veritune.verifiers.steps.words.spoken import spoken

_DIVISION = re.compile(
    r"(?<![\w./*+^-])(-?\d{1,12})\$? ?(?:÷|/|\\div|divided by) ?\$?(\d{1,12})\$? ?"
    r"(?:=|is|equals|gives) ?\$?(-?\d{1,12})(?:\$|\\\))?,? ?(?:\\text\{ ?)?(?:with |and )?(?:an? )?"
    r"(?:(?:remainder|rem\.?|[rR])(?: of)? ?\}? ?(?:\$|\\\()?(-?\d{1,12})(?![\d.,]*\d)"
    r"|(\d{1,12}) left\b)"
)


def in_words(text: str, start: int, end: int) -> Iterator[tuple[int, int, Finding]]:
    """Where each claim between two offsets stands, and whether it holds."""
    yield from _divisions(text, start, end)
    yield from spoken(text, start, end)
    yield from quantities(text, start, end)
    yield from number_facts(text, start, end)


def _divisions(text: str, start: int, end: int) -> Iterator[tuple[int, int, Finding]]:
    piece = text[start:end]
    if all(sign not in piece for sign in ("rem", "R", " r", " left")):
        return
    for match in _DIVISION.finditer(text, start, end):
        whole, divisor, quotient, rest = (int(number) for number in match.groups() if number)
        finding: Finding = (
            "incorrect",
            f"{match[0]}: {divisor} * {quotient} + {rest} is not {whole}",
        )
        if whole == divisor * quotient + rest and abs(rest) < divisor:
            finding = "correct", f"{match[0]}: holds"
        elif match[5]:  # what is left may be something else
            finding = "unchecked", finding[1]
        yield *match.span(), finding
