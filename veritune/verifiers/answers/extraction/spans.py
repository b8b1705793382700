"""Mathematics in running text: delimited spans, and numbers outside of them."""

from __future__ import annotations

import re
from collections import deque

from veritune.verifiers.answers.extraction.boxes import Placed, joins

# In the order in which they nest: `$$` before `$`. Bounded, so that a lone `$` costs little.
SPAN = re.compile(
    r"(?<!\\)\$\$(?P<double>(?:[^$\\]|\\.){1,2000}?)\$\$"
    r"|\\\[(?P<display>(?:[^\\]|\\(?!\]).){1,2000}?)\\\]"
    r"|(?<!\\)\$(?P<inline>(?:[^$\\\n]|\\.){1,2000}?)(?<!\\)\$"
    r"|\\\((?P<round>(?:[^\\\n]|\\(?!\)).){1,2000}?)\\\)",
    re.DOTALL,
)
# Not inside a word, a path or an ordinal; with its currency, thousands, fraction and per cent.
NUMBER = re.compile(
    r"(?<![\w.,/\\])[-+\u2212]?[$€£]?"
    r"(?:\d{1,3}(?: \d{3})+(?!\d)(?:\.\d+)?|\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?/\s?\d+)?(?:\s?\\?%)?"
    r"(?=(?!st|nd|rd|th)(?:[a-zA-Z]{1,2}[²³]?)?(?!\w))"
)
UNIT = re.compile(r"\s*(\\?%|percent(?:age)?\b|pct\b|degrees?\b)")


def math_spans(text: str) -> list[Placed]:
    """All delimited mathematics; an inline span does not cross a line's end."""
    found: list[Placed] = []
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return found
    for match in SPAN.finditer(text):
        content = next(part for part in match.groups() if part is not None)
        money = match["inline"] and content[-1].isspace() and text[match.end() :][:1].isdigit()
        if content.strip() and not money:
            found.append(Placed(match.start(), match.end(), content))
    return found


def last_span(text: str, spans: list[Placed]) -> str:
    """The last span, with those that "and" or a comma joins to it, and a unit behind it."""
    group = [spans[-1]]
    for span in reversed(spans[:-1]):
        gap = text[span.end : group[0].start]
        if not joins(gap) or (gap.strip() == "" and "\n" in gap):
            break
        group.insert(0, span)
    answer = ", ".join(span.content.strip() for span in group)
    unit = UNIT.match(text, group[-1].end)
    return f"{answer} {unit.group(1)}" if unit and len(group) == 1 else answer


def last_number(text: str, start: int = 0) -> str | None:
    """The last number that stands free behind `start`."""
    found = next(iter(deque(NUMBER.finditer(text, start), maxlen=1)), None)
    if found is None:
        return None
    number = found.group().rstrip(",").replace("\u2212", "-")
    unit = UNIT.match(text, found.end())
    return f"{number} {unit.group(1)}" if unit and not number.endswith("%") else number
