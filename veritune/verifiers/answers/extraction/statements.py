"""Every place of a solution that states its final answer; the last one counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritune.verifiers.answers.extraction.boxes import (
    Placed,
    alternatives,
    box_content,
    boxes_of,
    last_group,
    with_suffix,
)
from veritune.verifiers.answers.extraction.cues import NEXT_QUESTION
from veritune.verifiers.answers.extraction.hedges import ASKED, NO_VALUE, denied, taken_back
from veritune.verifiers.answers.extraction.phrases import (
    StatedAnswer,
    announced,
    cues,
    emphasised,
    plain,
    value_first,
)
from veritune.verifiers.answers.extraction.tags import tagged
from veritune.verifiers.answers.extraction.values import tidy, value_of

# The usual content of a tag needs no closer look.
NUMBER_ALONE = re.compile(r"[-+$]?\d[\d,./]{0,100}(?<![,.])")
# "the solutions are", "the exact value of": no box is replaced by what is only this.
WEAK = re.compile(
    r"(?!.{0,24}\b(?:final|correct|right)\b)(?:\w+\s+){0,3}(?:solutions|value\s+of)\b",
    re.IGNORECASE,
)
# From the end: a whole solution between tags ends with its answer.
LONGEST_TAGGED = 4_000
# Questions of a text that are looked at to see whether one was answered before.
MOST_QUESTIONS = 8


def last_statement(text: str, *, boxes_only: bool = False) -> StatedAnswer | None:
    """The last statement of the answer; None where there is none, or where it is taken back."""
    text = plain(_first_answered(text))
    last = _last(text, boxes_only)
    if last is None or last.answer is None or taken_back(text[last.end :]):
        return None
    return last


def stated_in(content: str) -> str | None:
    """The answer that a marked text gives: its box, its own statement, or all of it."""
    content = content.strip()[-LONGEST_TAGGED:]
    if NUMBER_ALONE.fullmatch(content):
        return content
    if "boxed" in content or next(cues(content), None) is not None:
        found = last_statement(content)
        return found.answer if found is not None else None
    content = tidy(content)
    return value_of(content, closing=True).answer if content else None


def _last(text: str, boxes_only: bool) -> StatedAnswer | None:
    """The last that counts: words in which no value is found replace other words, but no value."""
    found = [*_boxed(text), *_tagged(text)]
    vague: list[StatedAnswer] = []
    if not boxes_only:
        begin = max((one.start for one in found), default=0)
        first = value_first(text, begin)
        found += [first] if first is not None else []
        for one in announced(text, begin):
            if WEAK.match(text, one.start) and _stands(text, found, one.start):
                continue
            if one.direct or (one.answer is not None and NO_VALUE.match(one.answer)):
                found.append(one if one.direct or not vague else vague[0])
                break
            vague.append(one)
    if found:
        return max(found, key=lambda one: one.start)
    if vague:
        return vague[0]
    return None if boxes_only else emphasised(text)


def _stands(text: str, found: list[StatedAnswer], end: int) -> bool:
    """Whether one of the answers found is not taken back up to `end`."""
    last = max(found, key=lambda one: one.start, default=None)
    return last is not None and last.answer is not None and not taken_back(text[last.end : end])


def _first_answered(text: str) -> str:
    """The text up to where another question begins, if it has an answer before that."""
    if ":" not in text and "###" not in text:
        return text
    for number, match in enumerate(NEXT_QUESTION.finditer(text)):
        before = text[: match.start()]
        last = _last(before, boxes_only=False) if number < MOST_QUESTIONS else None
        if last is not None and last.answer is not None and last.direct:
            return before
    return text


def _boxed(text: str) -> Iterator[StatedAnswer]:
    """The last box with those that state one answer with it, and a last one that is not closed."""
    boxes, open_at = boxes_of(text)
    if open_at is not None:
        start = max(open_at, boxes[-1].start if boxes else 0)  # it may be around the last box
        yield StatedAnswer(start, len(text), None, "box")
    counting = _undenied(text, boxes)
    if counting:
        box = counting[-1]
        found = [_content(text, one) for one in last_group(text, counting)]
        parts = tuple(dict.fromkeys([*found, *alternatives(text, box.start, box.end)]))
        answer = None if ASKED.match(text, box.end) else ", ".join(parts)
        yield StatedAnswer(box.start, box.end, answer, "box", parts=parts)
    elif boxes:
        yield StatedAnswer(boxes[-1].start, boxes[-1].end, None, "box")


def _undenied(text: str, boxes: list[Placed]) -> list[Placed]:
    """The boxes without those at the end that are said to be wrong; none if that says it of all."""
    count = len(boxes)
    while count and denied(text, boxes[count - 1].start, boxes[count - 1].end):
        count -= 1
    wrong = {box.content.strip() for box in boxes[count:]}
    return [] if count and boxes[count - 1].content.strip() in wrong else boxes[:count]


def _content(text: str, box: Placed) -> str:
    """What a box holds; where that is a sentence, what it states: "The answer is 5"."""
    content = box_content(with_suffix(text, box))
    if not any(char.isalpha() for char in content):
        return content
    said = next((one for one in announced(plain(content)) if one.direct), None)
    return said.answer if said is not None and said.answer is not None else content


def _tagged(text: str) -> Iterator[StatedAnswer]:
    """The last answer tags, with those that state one answer with them."""
    if "<" not in text and "[" not in text and "####" not in text:
        return
    found = list(tagged(text))
    if not found:
        return
    start, end = found[-1].start, found[-1].end
    parts = dict.fromkeys(stated_in(one.content) for one in last_group(text, found))
    parts |= dict.fromkeys(alternatives(text, start, end))
    stated = tuple(part for part in parts if part is not None)
    answer = ", ".join(stated) if len(stated) == len(parts) else None
    yield StatedAnswer(start, end, answer, "tag", parts=stated)
