"""The closed boxes of a text, and which of them state one answer together."""

from __future__ import annotations

import re
from typing import NamedTuple

# With its backslash doubled or more, as JSON in a training set leaves it.
OPEN = re.compile(r"\\{1,4}(?:boxed|fbox|framebox)\s{0,4}\{")
# "\boxed 5": LaTeX boxes the one thing behind it.
BARE = re.compile(r"\\{1,4}boxed\s{0,4}([-+]?\d[\d,./]{0,100}|[A-Za-z](?![A-Za-z]))")
# Backslashes before a brace are counted: an even number of them escapes nothing.
BRACE = re.compile(r"\\+[{}]?|[{}]")
FONT = re.compile(r"\\+(?:text(?:bf|it|rm)?|mathrm|mbox)\s*\{([^{}]*)\}")
# What may stand between two boxes without saying anything.
NEUTRAL = re.compile(r"\\+(?:q?quad|[,;:! ()\[\]]|left|right)|[$&]|\\\\")
# Boxes with no more than this between them are one answer.
SEPARATOR = re.compile(r"[\s,;+]*")
# Short words with "and" or "or" among them join two boxes, too.
JOINED = re.compile(r"[\w\s,()=]*\b(?:and|or)\b[\w\s,()=]*")
# Between `x = \boxed{1}` and `y = \boxed{2}`.
LABELLED = re.compile(r"\s*[,;]\s*\\?[A-Za-z]{1,6}(?:_\{?\w\}?)?\s*=\s*")
# Words between two boxes that put the second in the first one's place, and not beside it.
AFTERWARDS = re.compile(
    r"\b(?:then|later|finally|now|so|thus|therefore|hence|next|but|not|wait|no|actually|instead|"
    r"final|answer|correct(?:ed)?|rather|gets?|gives?|becomes?|adding|after)\b",
    re.IGNORECASE,
)
# A unit that was left outside of its box.
SUFFIX = re.compile(r"\s*(?:\$|\\\)|\\\])?\s*(\\?%|percent(?:age)?\b|pct\b|degrees?\b|\^\\circ)")
# Boxes in the rows of one of these environments belong together.
ALIGNED = re.compile(
    r"\\begin\{(?P<name>aligned|align\*?|gathered|split|gather\*?)\}(?P<rows>.*)\\end\{(?P=name)\}",
    re.DOTALL,
)
VALUE = (
    r"(?P<value>[-+]?\\?\$?\d[\d,./]{0,40}(?<![,.])|\$[^$\n]{1,200}\$"
    r"|\\[dt]?frac\{[^{}]{0,80}\}\{[^{}]{0,80}\})"
)
# "\boxed{5} or maybe 6": two answers, and so not the answer 5; "1/5, or \boxed{20} percent" is
# one.
OR_BEHIND = re.compile(
    rf"[\s$)*\]\\,(]{{0,6}}(?:text\{{\s*)?or\b(?:\s+(?:maybe|possibly|perhaps|even))?[\s}}]{{1,4}}{VALUE}"
)
OR_BEFORE = re.compile(rf"{VALUE}\s+or\s+(?:maybe\s+|possibly\s+|perhaps\s+)?[$\\(*]{{0,4}}\Z")
# Characters before or behind a box in which an "or" is looked for.
LONGEST_BESIDE = 80
# Boxes of one answer: each is compared with the one before.
MOST_TOGETHER = 64
# More words between two boxes tell a story: the second replaces the first.
MOST_WORDS = 6
# A box that holds no more than a number.
PLAIN = re.compile(r"[\d.,\s\\!/{}-]+")


class Placed(NamedTuple):
    """A box, a pair of tags or a formula: its content, and the offsets of all of it."""

    start: int
    end: int
    content: str


def boxes_of(text: str) -> tuple[list[Placed], int | None]:
    """Outermost boxes whose brace is closed and that hold something, and where an open one begins.

    Open may be the last box, or one around it on its line; linear in the length.
    """
    if "box" not in text:
        return [], None
    starts = {match.end() - 1: match.start() for match in OPEN.finditer(text)}
    if not starts:
        return [Placed(m.start(), m.end(), m.group(1)) for m in BARE.finditer(text)][-1:], None
    boxes: list[Placed] = []
    stack: list[tuple[int, int]] = []
    for match in BRACE.finditer(text, min(starts.values())):
        place, sign = match.end() - 1, match.group()[-1]
        if sign == "\\" or _escaped(match.group()):
            continue
        if sign == "{":
            stack.append((starts.get(place, -1), place))
        elif stack:
            begin, brace = stack.pop()
            if begin >= 0 and text[brace + 1 : place].strip():
                while boxes and boxes[-1].start > begin:
                    boxes.pop()
                boxes.append(Placed(begin, place + 1, text[brace + 1 : place]))
    unclosed = {begin for begin, _ in stack}
    last = list(starts.values())[-2:]
    if len(last) == 2 and (last[0] not in unclosed or "\n" in text[last[0] : last[1]]):
        del last[0]
    return boxes, last[0] if last[0] in unclosed else None


def _escaped(token: str) -> bool:
    """Whether a brace follows an odd number of backslashes."""
    return len(token) > 1 and len(token) % 2 == 0


def box_content(content: str) -> str:
    """A box's content without an environment that only aligns it: `\\begin{aligned} x &= 5`."""
    match = ALIGNED.fullmatch(content.strip())
    if match is None or "\\begin" in match["rows"]:
        return content
    joined = ""
    for row in re.split(r"\\\\(?:\[[^\]]*\])?", match["rows"]):
        row = row.replace("&", " ").strip().rstrip(",")
        more = row.startswith(("=", "<", ">", "\\le", "\\ge", "\\approx"))
        joined += row if not joined else f" {row}" if more or not row else f", {row}"
    return joined


def last_group(text: str, boxes: list[Placed]) -> list[Placed]:
    """The last box, or tag, and those right before it that state the same answer with it."""
    group = [boxes[-1]]
    for box in reversed(boxes[-MOST_TOGETHER:-1]):
        if not joins(text[box.end : group[-1].start]):
            break
        group.append(box)
    return group[::-1]


def joins(gap: str) -> bool:
    """Whether the text between two boxes makes them one list: "and", "or", a comma, nothing."""
    if len(gap) > 120 or "\n\n" in gap:
        return False
    gap = NEUTRAL.sub(" ", FONT.sub(r" \1 ", gap))
    if SEPARATOR.fullmatch(gap) or LABELLED.fullmatch(gap):
        return True
    if len(gap.split()) > MOST_WORDS or AFTERWARDS.search(gap):
        return False
    return JOINED.fullmatch(gap) is not None


def alternatives(text: str, start: int, end: int) -> list[str]:
    """Values that "or" joins to a box from `start` to `end`: "\\boxed{5} or 6"."""
    begin = max(0, start - LONGEST_BESIDE)
    before = OR_BEFORE.search(text, begin, start) if text.find("or", begin, start) >= 0 else None
    behind = OR_BEHIND.match(text, end)
    return [match["value"] for match in (before, behind) if match is not None]


def with_suffix(text: str, box: Placed) -> str:
    """The content, with a percent or degree sign that stands right behind the box."""
    match = SUFFIX.match(text, box.end)
    content = box.content.strip()
    if match is None or not PLAIN.fullmatch(content):
        return content
    sign = match.group(1)
    content = f"({content})" if "/" in content else content
    return content + (" percent" if sign.startswith(("p", "\\%", "%")) else r"^\circ")
