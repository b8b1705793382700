"""A solution as steps: character spans that partition the text.

Spans follow from the text alone, so they are the same however it is tokenised. A step keeps the
white space behind it; white space before the first step belongs to that step.
"""

from __future__ import annotations

import re
from itertools import pairwise

Span = tuple[int, int]
_NUMBERED = re.compile(
    r"^[ \t]*(?:\#+[ \t]*|\*\*|[-*][ \t]+)*(?:step[ \t]*\d+|\d{1,2}[.)][ \t])", re.I | re.M
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?])[ \t]+(?=[^\W\d_a-z]|[$\\(\d])")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|No|[A-Z])\.$")
_EQUATION = re.compile(r"=|≈|\\approx")


def steps_of(text: str) -> list[Span]:
    """Numbered steps if there are two, else paragraphs, else lines.

    A text of one line is cut at the ends of sentences that hold an equation.
    """
    numbered = [match.start() for match in _NUMBERED.finditer(text)]
    if len(numbered) > 1:
        return _spans(text, numbered)
    for gap in (_PARAGRAPH, _LINE):
        starts = [match.end() for match in gap.finditer(text)]
        if len(_spans(text, starts)) > 1:
            return _spans(text, starts)
    return _spans(text, _sentences(text))


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
    inner = [at for at in starts if 0 < at < len(text) and text[:at].strip()]
    edges = [0, *inner, len(text)] if text else [0]
    return list(pairwise(edges))
