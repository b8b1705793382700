"""Statements in words: behind a cue, under a heading, before "is the answer", in bold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from veritune.verifiers.answers.extraction.cues import CUE, HEADING, WORD
from veritune.verifiers.answers.extraction.hedges import attributed
from veritune.verifiers.answers.extraction.statement import Statement
from veritune.verifiers.answers.extraction.values import (
    EMPHASIS,
    FONT,
    PLEASANTRY,
    begins_with_value,
    tidy,
    value_behind,
    value_of,
)

BEGIN = (
    r"(?:^|[.!?:;\n])[ \t*]*"
    r"(?:(?:so|thus|hence|therefore|then|consequently)\b,?[ \t]+)?(?:that[ \t]+)?(?:only[ \t]+)?"
)
LETTER = r"\*{0,2}\(?[A-J]\)?\*{0,2}"
SIZED = r"\*{0,2}[-+]?\$?\d[\d,./]{0,40}\*{0,2}(?:[ \t]+[a-z]{1,20})?"
FORMULA = r"\$[^$\n]{1,200}\$|\\\([^\n]{1,200}?\\\)"
SAID = re.compile(
    rf"{BEGIN}(?:(?:option|choice|answer)[ \t]+)?(?P<value>{FORMULA}|{LETTER}|{SIZED})[ \t]+is"
    r"(?:[ \t]+(?:therefore|thus|indeed))?[ \t]+(?:the|our|my)[ \t]+"
    r"(?:(?:final|correct|right|required|desired)[ \t]+){0,2}(?:answer|choice|option|solution)\b"
    rf"|{BEGIN}(?:option|choice|answer)[ \t]+(?P<letter>{LETTER})[ \t]+is[ \t]+(?:the[ \t]+)?"
    r"(?:correct|right)(?=[ \t]*(?:[.!*\n]|\Z)|[ \t]+(?:because|since|as|one)\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""The value first: "42 is the answer", "Option C is correct."."""
CONCLUDES = re.compile(
    r"\b(?:hence|thus|therefore|so|consequently|in\s+total|in\s+conclusion|altogether|finally)\b",
    re.IGNORECASE,
)
NOT_SO = re.compile(
    r"\b(?:not|never|if|unless|when|maybe|perhaps|could|might|or|either|between|than|least|most)\b|n't\b|\?",
    re.IGNORECASE,
)
LAST_SENTENCE = re.compile(r"[.!?]\s+")
UNDERLINED = re.compile(r"__(?=[A-Za-z])([^_\n]{1,200})__")
LONGEST_SEARCH = 20_000
"""Characters from the end in which words that state an answer are looked for."""
MOST_CUES = 40
"""Cues that are looked at, from the end."""
LONGEST_BEFORE = 120
"""Characters of a sentence before a cue."""


def announced(text: str) -> Iterator[Statement]:
    """What stands behind a cue or under a heading, the last first."""
    begin = max(0, len(text) - LONGEST_SEARCH)
    found = sorted(
        chain(CUE.finditer(text, begin), HEADING.finditer(text, begin)), key=lambda m: -m.start()
    )
    for match in found[:MOST_CUES]:
        start = match.start()
        line = max(text.rfind("\n", begin, start), text.rfind(". ", begin, start), 0)
        if attributed(text[max(line, start - LONGEST_BEFORE) : start]):
            continue
        value = value_behind(text, match.end())
        if value is None or (match.lastgroup == "foreign" and not value.direct):
            continue
        yield Statement(start, max(match.end(), value.end), value.answer, "phrase", value.direct)


def value_first(text: str) -> Statement | None:
    """The last value that stands before the words that call it the answer."""
    last = None
    for match in SAID.finditer(text, max(0, len(text) - LONGEST_SEARCH)):
        sentence = re.split(r"[.\n]", text[match.end() : match.end() + 80], maxsplit=1)[0]
        if not sentence.rstrip().endswith("?"):
            last = match
    if last is None:
        return None
    value = tidy(last["value"] or last["letter"]).strip("()")
    return Statement(last.start(), last.end(), value, "phrase")


def emphasised(text: str) -> Statement | None:
    """The one bold value of the sentence that ends the text and draws a conclusion."""
    body = PLEASANTRY.sub("", text[-LONGEST_SEARCH:].rstrip()).rstrip()
    sentence = LAST_SENTENCE.split(body.rpartition("\n")[2])[-1]
    bold = [match.group(1) for match in EMPHASIS.finditer(sentence)]
    if len(bold) != 1 or not begins_with_value(bold[0]) or NOT_SO.search(sentence):
        return None
    value = value_of(tidy(bold[0])) if CONCLUDES.search(sentence) else None
    if value is None or not value.direct:
        return None
    return Statement(len(text), len(text), value.answer, "phrase")


def plain(text: str) -> str:
    """The text with the words of formulas as text: `\\text{Answer: } 42`."""
    text = UNDERLINED.sub(r"\1", text) if "__" in text else text
    if "\\" not in text:
        return text
    return FONT.sub(lambda m: f" {m[1]} " if WORD.search(m[1]) else m.group(), text)
