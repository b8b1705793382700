"""Where the answer stands in a solution.

What a model thinks before it answers is never looked into (see `veritune.thinking`). `stated`, for
rewards, takes the data set's marker, else the last statement of an answer: a closed box, an answer
tag, "the final answer is", a heading, in many languages. `strict` takes the marker, boxes and tags
alone. `lenient`, for outputs of others, takes the last formula or number where nothing is stated,
and says so in `source`; the other modes never take a number that merely occurs. Defined cases: the
last statement counts; an empty box says nothing; a last box that is not closed is no answer, nor
is a statement that is taken back; boxes joined by commas, "and" or "or" are one list, which never
matches a single answer unless each of them does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from veritune.algebra import unglued
from veritune.thinking import answer_start, first_turn
from veritune.verifiers.answers.extraction import (
    behind_marker,
    last_number,
    last_span,
    last_statement,
    math_spans,
    stated_in,
)
from veritune.verifiers.long import LONGEST_SOLUTION, unread

Mode = Literal["strict", "stated", "lenient"]
Kind = Literal["latex", "plain"]
Source = Literal["marker", "box", "tag", "phrase", "whole", "math", "number", "none"]

# White space of any length says no more than a little does, and patterns take long over it.
MOST_BLANKS = 100
BLANKS = re.compile(rf"\s{{{MOST_BLANKS},}}+")
# Commands of LaTeX are no words of prose.
COMMAND = re.compile(r"\\[A-Za-z]+")
# A word long enough not to be a product of variables or a unit.
PROSE = re.compile(r"[^\W\d_]{3,}")
SHORT_WORDS = frozenset(
    [
        *("and", "percent", "pct", "percentage", "cos", "sin", "tan", "log", "sqrt", "degrees"),
        *("degree", "miles", "meters", "inches", "feet", "dollars", "cents", "hours", "minutes"),
        *("seconds", "units"),
    ]
)
# Of a text without any statement that is itself taken for the answer.
LONGEST_WHOLE = 400
# Characters from the end in which a lenient reading looks for an unmarked answer.
LONGEST_SEARCH = 8_000


@dataclass(frozen=True, slots=True)
class Extraction:
    """The answer found (None if none) and where it stood; `parts` are the boxes of a list."""

    answer: str | None
    source: Source
    parts: tuple[str, ...] = ()
    # What was not read for its length, or nothing.
    limits: str = ""

    @property
    def guessed(self) -> bool:
        """Whether the answer was not marked as one."""
        return self.source in ("whole", "math", "number")


NOTHING = Extraction(None, "none")


def extract_answer(
    text: str,
    *,
    marker: str | None = None,
    mode: Mode = "stated",
    only: Kind | None = None,
    thinking_opened: bool = False,
) -> Extraction:
    """The answer that a solution states. `only` limits lenient reading to formulas or numbers.

    `thinking_opened` says that the prompt opened a thinking block, so that the text begins in it.
    """
    if refused := unread(text):
        return replace(NOTHING, limits=refused)
    start = answer_start(text, opened=thinking_opened)
    if start is None:
        return NOTHING
    return answer_in(text[start:], marker=marker, mode=mode, only=only)


def answer_in(
    text: str, *, marker: str | None = None, mode: Mode = "stated", only: Kind | None = None
) -> Extraction:
    """As `extract_answer`, of a text in which nothing is thought."""
    text = first_turn(text)
    if len(text) > LONGEST_SOLUTION:
        limits = f"only the last {LONGEST_SOLUTION:,} of {len(text):,} characters were read"
        return replace(_found(text[-LONGEST_SOLUTION:], marker, mode, only), limits=limits)
    return _found(text, marker, mode, only)


def _found(text: str, marker: str | None, mode: Mode, only: Kind | None) -> Extraction:
    """The answer in what is not longer than is read."""
    text = BLANKS.sub(_few, text) if len(text) >= MOST_BLANKS else text
    if marker and (behind := behind_marker(text, marker)) is not None:
        return Extraction(stated_in(behind), "marker") if behind else NOTHING
    if only == "plain":
        number = last_number(text)
        return Extraction(number, "number") if number else NOTHING
    found = last_statement(text, boxes_only=mode == "strict")
    if found is not None and (found.direct or mode == "stated"):
        return Extraction(found.answer, found.kind, found.parts)
    return _lenient(text, only) if mode == "lenient" else NOTHING


def _few(blanks: re.Match[str]) -> str:
    """As many line ends as tell lines and paragraphs apart."""
    return "\n" * min(2, blanks.group().count("\n")) or " "


def _lenient(text: str, only: Kind | None) -> Extraction:
    """Whatever looks most like the answer."""
    body = text.strip()
    if only is None and _bare(body):
        return Extraction(body, "whole")
    found = _last(text[-LONGEST_SEARCH:], only)
    if found.answer is None and only is None and 0 < len(body) <= LONGEST_WHOLE:
        return Extraction(body, "whole")
    return found


def _last(text: str, only: Kind | None) -> Extraction:
    """The last formula, or the last number where that comes later."""
    spans = math_spans(text)
    end = spans[-1].end if spans else 0
    number = last_number(text, end) if only != "latex" else None
    if number is not None:
        return Extraction(number, "number")
    return Extraction(last_span(text, spans), "math") if spans else NOTHING


def _bare(body: str) -> bool:
    """Whether a text is an answer and nothing else: short, and without words around it."""
    if not body or len(body) > LONGEST_WHOLE or "\n\n" in body:
        return False
    words = PROSE.findall(COMMAND.sub(" ", unglued(body)))
    return all(word.lower() in SHORT_WORDS for word in words)
