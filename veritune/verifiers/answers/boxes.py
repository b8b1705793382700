"""The closed boxes of a text, found in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPEN = re.compile(r"\\(?:boxed|fbox)\s*\{")
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Box:
    """One `\\boxed{content}` with the offsets of the whole command."""

    start: int
    end: int
    content: str


def closed_boxes(text: str) -> list[Box]:
    """Outermost boxes whose brace is closed, in order; linear in the text's length."""
    starts = {match.end() - 1: match.start() for match in OPEN.finditer(text)}
    if not starts:
        return []
    boxes: list[Box] = []
    stack: list[tuple[int, int]] = []
    for match in BRACE.finditer(text):
        token, place = match.group(), match.start()
        if token == "{":
            stack.append((starts.get(place, -1), place))
        elif token == "}" and stack:
            begin, brace = stack.pop()
            if begin >= 0:
                while boxes and boxes[-1].start > begin:
                    boxes.pop()
                boxes.append(Box(begin, place + 1, text[brace + 1 : place]))
    return boxes
