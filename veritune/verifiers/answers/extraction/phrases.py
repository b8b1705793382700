"""Statements in words: behind a cue, under a heading, before "is the answer", in bold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from veritune.verifiers.answers.extraction.cues import ASCII_STEMS, CUE, STEM, STEMS
from veritune.verifiers.answers.extraction.english import NOUN, statement_behind
from veritune.verifiers.answers.extraction.hedges import FOREIGN_HEDGE, attributed
from veritune.verifiers.answers.extraction.values import (
    EMPHASIS,
    FONT,
    PLEASANTRY,
    begins_with_value,
    tidy,
    value_behind,
    value_of,
)

# A value that is said to be the answer opens its sentence.
BEGIN = (
    r"(?:^|[.!?:;\n])[ \t*]*"
    r"(?:(?:and|so|thus|hence|therefore|then|consequently)\b,?[ \t]+)?"
    r"(?:that[ \t]+)?(?:only[ \t]+)?"
)
LETTER = r"\*{0,2}\(?[A-J]\)?\*{0,2}"
# A number with the variable before it and the word behind it: "x = 5 apples".
SIZED = r"(?:[a-zA-Z][ \t]?=[ \t]?)?\*{0,2}[-+]?\$?\d[\d,./]{0,40}\*{0,2}(?:[ \t]+[a-z]{1,20})?"
FORMULA = r"\$[^$\n]{1,200}\$|\\\([^\n]{1,200}?\\\)"
ADJECTIVES = r"(?:(?:final|correct|right|required|desired)[ \t]+){0,2}"
# The value first: "42 is the answer", "Option C is correct.", "we get 42 as our answer".
SAID = re.compile(
    rf"{BEGIN}(?:(?:option|choice|answer)[ \t]+)?(?P<value>{FORMULA}|{LETTER}|{SIZED})[ \t]+is"
    r"(?:[ \t]+(?:therefore|thus|indeed))?[ \t]+(?:the|our|my)[ \t]+"
    rf"{ADJECTIVES}(?:answer|choice|option|solution)\b"
    rf"|{BEGIN}(?:(?:option|choice|answer)[ \t]+(?P<letter>{LETTER})|(?P<bracketed>\([A-J]\)))"
    r"[ \t]+is[ \t]+(?:the[ \t]+)?(?:correct|right)"
    r"(?=[ \t]*(?:[.!*\n]|\Z)|[ \t]+(?:because|since|as|one)\b)"
    rf"|{BEGIN}(?:we|I)[ \t]+(?:get|have|obtain|find|choose)[ \t]+"
    rf"(?P<got>{FORMULA}|{LETTER}|{SIZED})[ \t]+as[ \t]+(?:the|our|my)[ \t]+{ADJECTIVES}answer\b",
    re.IGNORECASE | re.MULTILINE,
)
# How a sentence begins that draws the conclusion.
CONCLUDES = re.compile(
    r"\W*(?:(?:and|so)\s+)?(?:hence|thus|therefore|so|consequently|in\s+total|in\s+conclusion|altogether|"
    r"finally)\b",
    re.IGNORECASE,
)
# In the last sentence, these make its number no answer.
NOT_SO = re.compile(
    r"\b(?:not|never|if|unless|when|maybe|perhaps|could|may|might|would|should|or|either|between|than|"
    r"least|most|likely|probably|about|around|approximately|almost|nearly|first|next|left\s+to)\b|n't\b|\?",
    re.IGNORECASE,
)
# What calls a value that stands before it the answer; by letters first, which are found quickly.
NAMES = re.compile(
    r"(?:is|as) (?:(?:the|our|my|therefore|thus|indeed) ){0,2}"
    r"(?:(?:final|correct|right|required|desired) ){0,2}"
    r"(?:answer|choice|option|solution|correct|right)\b"
)
# A longer one concludes nothing.
LONGEST_SENTENCE = 1_000
# Of what is in bold: more is a paragraph.
LONGEST_VALUE = 260
# Characters around a stem in which its cue stands.
WINDOW = 20
# Bold text that asks is a heading.
QUESTION = re.compile(r"[^.!?\n]{0,80}\?")
# The last line of a text that continues "Q: ... A:".
DIALOGUE = re.compile(r"^A:[ \t]{1,4}(?=[-+$\\(\d][^\n]{0,100}\s*\Z)", re.MULTILINE)
LAST_SENTENCE = re.compile(r"[.!?]\s+")
UNDERLINED = re.compile(r"__(?=[A-Za-z])([^_\n]{1,200})__")
# Characters from the end in which words that state an answer are looked for.
LONGEST_SEARCH = 20_000
# Cues that are looked at, from the end.
MOST_CUES = 40
# Characters before a cue that may put it into another's mouth.
LONGEST_BEFORE = 120
# Words before a cue of another language among which a negation counts.
FEW_WORDS = 4
# Characters of a sentence before a cue.
BREAK = re.compile(r"[.!?\n\u3002\uff01\uff1f]")

StatementKind = Literal["box", "tag", "phrase"]


class StatedAnswer(NamedTuple):
    """A value, stated from `start` to `end`. Without an answer it withdraws what stands before.

    `direct` says that a value follows at once, and not only words; `parts` are the members of a
    list of boxes or tags.
    """

    start: int
    end: int
    answer: str | None
    kind: StatementKind
    direct: bool = True
    parts: tuple[str, ...] = ()


def announced(text: str, begin: int = 0) -> Iterator[StatedAnswer]:
    """What stands behind a cue or under a heading from `begin` on, the last first."""
    seen = -1
    for start, end, foreign in cues(text, begin):
        if end == seen:
            continue
        seen = end
        line = max(text.rfind("\n", 0, start), text.rfind(". ", 0, start), 0)
        if attributed(text[max(line, start - LONGEST_BEFORE) : start]):
            continue
        value = value_behind(text, end)
        if value is None or (foreign and not value.direct):
            continue
        if foreign and FOREIGN_HEDGE.search(_around(text, start, end, value.end)):
            value = value._replace(answer=None)
        yield StatedAnswer(start, max(end, value.end), value.answer, "phrase", value.direct)


def _around(text: str, start: int, end: int, stop: int) -> str:
    """What stands in the sentence before a cue and behind it, without the cue."""
    before = BREAK.split(text[max(0, start - LONGEST_BEFORE) : start])[-1]
    words = " ".join(before.split()[-FEW_WORDS:])
    return f"{words} {text[end : stop + 1]}"


def cues(text: str, begin: int = 0) -> Iterator[tuple[int, int, bool]]:
    """Where a statement and its value begin, and whether in another language, the last first."""
    begin = max(begin, len(text) - LONGEST_SEARCH)
    found = [
        (*place, False)
        for noun in [*NOUN.finditer(text, begin)][-MOST_CUES:]
        if (place := statement_behind(text, noun)) is not None
    ]
    some = any(map(text.__contains__, ASCII_STEMS if text.isascii() else STEMS))
    for stem in [*STEM.finditer(text, begin)][-MOST_CUES:] if some else ():
        window = max(begin, stem.start() - WINDOW), stem.end() + WINDOW
        found += [(m.start(), m.end(), True) for m in CUE.finditer(text, *window)]
    dialogue = DIALOGUE.search(text, begin) if "A:" in text else None
    if dialogue is not None and "\nB:" not in text:
        found.append((*dialogue.span(), False))
    return iter(sorted(found, reverse=True))


def value_first(text: str, begin: int = 0) -> StatedAnswer | None:
    """The last value from `begin` on that stands before the words that call it the answer."""
    if "is " not in text and "as " not in text:
        return None
    begin = max(begin, len(text) - LONGEST_SEARCH)
    for noun in reversed([*NAMES.finditer(text, begin)][-MOST_CUES:]):
        window = max(begin, noun.start() + 3 - LONGEST_VALUE), noun.end() + 20
        for match in reversed([*SAID.finditer(text, *window)]):
            if not QUESTION.match(text, match.end()):
                value = tidy(next(filter(None, match.groups()))).strip("()")
                return StatedAnswer(match.start(), match.end(), value, "phrase")
    return None


def emphasised(text: str) -> StatedAnswer | None:
    """The one bold value of the sentence that ends the text and draws a conclusion."""
    if "**" not in text[-LONGEST_SENTENCE:]:
        return None
    body = PLEASANTRY.sub("", text[-LONGEST_SENTENCE:].rstrip()).rstrip()
    sentence = LAST_SENTENCE.split(body.rpartition("\n")[2])[-1]
    bold = [match.group(1) for match in EMPHASIS.finditer(sentence)]
    if len(bold) != 1 or not begins_with_value(bold[0]) or NOT_SO.search(sentence):
        return None
    value = value_of(tidy(bold[0])) if CONCLUDES.match(sentence) else None
    if value is None or not value.direct:
        return None
    return StatedAnswer(len(text), len(text), value.answer, "phrase")


def plain(text: str) -> str:
    """The text with the words of formulas as text: `\\text{Answer: } 42`."""
    text = UNDERLINED.sub(r"\1", text) if "__" in text else text
    if "\\" not in text:
        return text
    return FONT.sub(lambda m: f" {m[1]} " if NOUN.search(m[1]) else m.group(), text)
