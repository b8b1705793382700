"""A solution as steps: character spans that partition the text.

Spans follow from the text alone, so they are the same however it is tokenised. A step keeps the
white space behind it; white space before the first step belongs to that step.
"""

from __future__ import annotations

import re
from itertools import pairwise

Span = tuple[int, int]
# "Step 3:", "3." or "3)" at the start of a line.
_NUMBERED = re.compile(
    r"^[ \t]*(?:\#+[ \t]*|\*\*|[-*][ \t]+)*(?:step[ \t]*\d+|\d{1,2}[.)][ \t])", re.I | re.M
)
_LINE = re.compile(r"\n\s*")
# A formula of one statement or a few; rows of an environment are steps of their own.
_DISPLAYED = re.compile(r"\\\[[^\[\]]{0,1000}?\\\]|\$\$[^$]{1,1000}\$\$")
# Only where a capital, a number or a formula follows.
_SENTENCE = re.compile(r"(?<=[.!?])[ \t]+(?=[^\W\d_a-z]|[$\\(\d])")
# A full stop that ends none.
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|No|[A-Z])\.$")
_EQUATION = re.compile(r"=|≈|\\approx")


def steps_of(text: str) -> list[Span]:
    """The steps of a text, by the first of these that finds two.

    numbered    from `1.`, `Step 1` and the like to the next
    lines       lines, but a formula over several lines is in one step
    sentences   up to the ends of sentences that hold an equation

    One blank line more or less between lines changes nothing.
    """
    for finds in (_numbered, _lines, _sentences):
        spans = _spans(text, finds(text))
        if len(spans) > 1 and (finds is not _numbered or len(finds(text)) > 1):
            return spans
    return _spans(text, [])


def _numbered(text: str) -> list[int]:
    return [match.start() for match in _NUMBERED.finditer(text)]


def _lines(text: str) -> list[int]:
    """Line starts that stand in no displayed formula."""
    starts: list[int] = []
    formulas = (match.span() for match in _DISPLAYED.finditer(text) if "\\begin" not in match[0])
    start, end = next(formulas, (len(text), len(text)))
    for match in _LINE.finditer(text):
        while end <= match.start():
            start, end = next(formulas, (len(text), len(text) + 1))
        if not start < match.start() or match.end() >= end:
            starts.append(match.end())
    return starts


def _sentences(text: str) -> list[int]:
    """Where a sentence starts after one with an equation in it."""
    starts: list[int] = []
    since = 0
    for gap in _SENTENCE.finditer(text):
        if _EQUATION.search(text, since, gap.start()) and not _ABBREVIATION.search(
            text, max(0, gap.start() - 5), gap.start()
        ):
            starts.append(gap.end())
            since = gap.end()
    return starts


def _spans(text: str, starts: list[int]) -> list[Span]:
    """The spans between starts; what stands before the first and is only white space joins it."""
    first = len(text) - len(text.lstrip())
    inner = [at for at in starts if first < at < len(text)]
    edges = [0, *inner, len(text)] if text else [0]
    return list(pairwise(edges))
