"""Explicit statements such as "The final answer is 7."."""

from __future__ import annotations

import re
from typing import NamedTuple

from veritune.verifiers.answers.spans import MathSpan, last_span, math_spans

STATED = re.compile(
    r"(?:final\s+answer|\b(?:the|our|correct)\s+answer|^[^\w\n]{0,8}answer)\b[\s*_\"]*(?:(?:is|are)\b|[:=])[\s*_:]*",
    re.IGNORECASE | re.MULTILINE,
)
HEADING = re.compile(r"\*\*\s*final\s+answer\s*:?\s*\*\*\s*:?\s*\n", re.IGNORECASE)
SENTENCE = re.compile(r"(?<!\b[A-Z])\.(?=\s|$|\*)|\n|\s(?:I hope it is correct)")
STARTS = re.compile(r"[\s\"'*(\\]*(?:\$|\\[(\[]|[-+\u2212]?[\d.€£]|\\[a-zA-Z])")
VERB = re.compile(r".*\b(?:is|are|equals)\b\s*", re.DOTALL)


class Stated(NamedTuple):
    """What a phrase states, and where; `direct` if a number or formula follows at once."""

    start: int
    answer: str
    sentence: str
    direct: bool


def stated(text: str) -> Stated | None:
    """The last explicit statement of the answer."""
    found = None
    for match in STATED.finditer(text):
        found = match
    heading = None
    for match in HEADING.finditer(text):
        heading = match
    if heading is not None and (found is None or heading.start() > found.start()):
        found = heading
    if found is None:
        return None
    rest = text[found.end() : found.end() + 4000].lstrip()
    sentence = _sentence(rest)
    answer = _stated_in(sentence)
    return Stated(found.start(), answer, sentence, STARTS.match(rest) is not None)


def _sentence(rest: str) -> str:
    """Up to the first end of sentence that is outside mathematics."""
    spans = math_spans(rest)
    for match in SENTENCE.finditer(rest):
        if not any(span.start <= match.start() < span.end for span in spans):
            return rest[: match.start()].strip(" *_")
    return rest.strip(" *_")


def _stated_in(sentence: str) -> str:
    """The formula that opens the sentence, or what stands behind its last verb."""
    spans = math_spans(sentence)
    opens = bool(spans) and not sentence[: spans[0].start].strip(" \"'*\\")
    if opens and not re.search(r"[A-Za-z]{3,}", _between(sentence, spans)):
        return last_span(sentence, spans)
    behind = VERB.match(sentence)
    return sentence[behind.end() :].strip() if behind else sentence


def _between(sentence: str, spans: list[MathSpan]) -> str:
    """What stands outside the spans, without connectives."""
    at, rest = 0, []
    for start, end, _ in spans:
        rest.append(sentence[at:start])
        at = end
    rest.append(sentence[at:])
    return re.sub(r"\b(?:and|or)\b", "", " ".join(rest))
