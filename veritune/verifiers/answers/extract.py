"""Where the answer stands in a solution.

`strict` (rewards) takes the data set's marker, else the last closed box or an explicit "the final
answer is", whichever comes later; it never falls back to a number found in the reasoning.
`lenient` (foreign outputs) may, and says so in `source`. Defined cases: a box that is not closed
does not count; an empty box does not count; of several boxes the last one counts, except that
boxes joined by commas, "and" or "or" are one list, which never matches a single answer unless
each of them does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from veritune.algebra.reading.clean import unglued
from veritune.algebra.tables import table
from veritune.verifiers.answers.boxes import closed_boxes, last_group, with_suffix
from veritune.verifiers.answers.phrases import Stated, stated
from veritune.verifiers.answers.spans import last_number, last_span, math_spans

Mode = Literal["strict", "lenient"]
Kind = Literal["latex", "plain"]
Source = Literal["marker", "box", "phrase", "whole", "math", "number", "none"]

CHAT = re.compile(r"<\|(?:im_start|im_end|endoftext|eot_id|end)\|>|</s>|<\|start_header_id\|>")
COMMAND = re.compile(r"\\[A-Za-z]+")
PROSE = re.compile(r"[^\W\d_]{3,}")
SHORT_WORDS = table(
    "and percent pct percentage cos sin tan log sqrt degrees degree miles meters inches feet "
    "dollars cents hours minutes seconds units"
)
LONGEST_WHOLE = 400
LONGEST_SEARCH = 8_000
"""Characters from the end in which a lenient reading looks for an unmarked answer."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """The answer found (None if none) and where it stood; `parts` are the boxes of a list."""

    answer: str | None
    source: Source
    parts: tuple[str, ...] = ()

    @property
    def guessed(self) -> bool:
        """Whether the answer was not marked as one."""
        return self.source in ("whole", "math", "number")


NOTHING = Extraction(None, "none")


def extract_answer(
    text: str, *, marker: str | None = None, mode: Mode = "strict", only: Kind | None = None
) -> Extraction:
    """The answer that a solution states. `only` limits lenient reading to formulas or numbers."""
    if marker and marker in text:
        line = text.rpartition(marker)[2].partition("\n")[0].strip()
        return Extraction(line, "marker") if line else NOTHING
    chat = CHAT.search(text)
    if chat and text[: chat.start()].strip():
        text = text[: chat.start()]
    if only == "plain":
        number = last_number(text)
        return Extraction(number, "number") if number else NOTHING
    boxes = closed_boxes(text)
    phrase = stated(text)
    if boxes and not (phrase and phrase.direct and phrase.start > boxes[-1].end and phrase.answer):
        group = last_group(text, boxes)
        parts = tuple(dict.fromkeys(with_suffix(text, box) for box in group))
        return Extraction(", ".join(parts), "box", parts)
    if phrase and (phrase.direct or mode == "strict") and phrase.answer:
        return Extraction(phrase.answer, "phrase")
    return NOTHING if mode == "strict" else _lenient(text, phrase, only)


def _lenient(text: str, phrase: Stated | None, only: Kind | None) -> Extraction:
    """Whatever looks most like the answer."""
    body = text.strip()
    text = text[-LONGEST_SEARCH:]
    if only is None and _bare(body):
        return Extraction(body, "whole")
    if phrase is not None:
        inside = _last(phrase.sentence, only)
        if inside.answer is not None:
            return Extraction(inside.answer, "phrase")
    found = _last(text, only)
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
