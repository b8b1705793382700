"""Where the answer stands in a solution.

`strict` (rewards) takes the data set's marker, else the last closed box, else an explicit "the
final answer is"; it never falls back to a number found in the reasoning. `lenient` (foreign
outputs) may, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from veritune.verifiers.answers.boxes import closed_boxes

Mode = Literal["strict", "lenient"]
Source = Literal["marker", "box", "phrase", "math", "number", "none"]

PHRASE = re.compile(r"(?:final\s+answer|\banswer)\s*(?:is|:|=)[\s:*]*", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.])[-+]?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?(?!\w)")
STOP = re.compile(r"\.(?=\s|$)|\n")


@dataclass(frozen=True, slots=True)
class Extraction:
    """The answer found (None if none), and where it stood."""

    answer: str | None
    source: Source


def extract_answer(text: str, *, marker: str | None = None, mode: Mode = "strict") -> Extraction:
    """The answer that a solution states."""
    if marker and marker in text:
        line = text.rpartition(marker)[2].partition("\n")[0].strip()
        return Extraction(line or None, "marker")
    boxes = [box for box in closed_boxes(text) if box.content.strip()]
    if boxes:
        return Extraction(boxes[-1].content.strip(), "box")
    phrases = list(PHRASE.finditer(text))
    if phrases:
        found = STOP.split(text[phrases[-1].end() :], maxsplit=1)[0].strip(" *")
        if found:
            return Extraction(found, "phrase")
    if mode == "lenient":
        numbers = NUMBER.findall(text)
        if numbers:
            return Extraction(numbers[-1], "number")
    return Extraction(None, "none")
