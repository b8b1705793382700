"""What a program printed, against what it should have printed."""

from __future__ import annotations

import re
from typing import Literal

# Of a line of output; a long exponent would take for ever to expand.
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
# A number that Python reads and prints only where its limit is lifted: these tests ask for it.
LONG_NUMBER = re.compile(r"\d{4301}", re.ASCII)


def differs(
    got: str, expected: str, compare: Literal["tokens", "exact"], tolerance: float | None
) -> str:
    """The first difference as a reason, or nothing where there is none.

    "tokens": whitespace only separates; with a `tolerance`, two numbers agree where they differ by
    at most tolerance x max(1, |expected|). "exact": the same text but for the last line's end.
    """
    if compare == "exact":
        same = got.removesuffix("\n") == expected.removesuffix("\n")
        return "" if same else f"got {shown(got)}, expected {shown(expected)}"
    ours, theirs = got.split(), expected.split()
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if one != other and not _close(one, other, tolerance):
            return f"token {number}: got {shown(one)}, expected {shown(other)}"
    if len(ours) != len(theirs):
        return f"got {len(ours)} tokens, expected {len(theirs)}"
    return ""


def _close(got: str, expected: str, tolerance: float | None) -> bool:
    if tolerance is None or not NUMBER.fullmatch(got) or not NUMBER.fullmatch(expected):
        return False
    left, right = float(got), float(expected)
    return left == right or abs(left - right) <= tolerance * max(1.0, abs(right))


def shown(text: str, length: int = 200) -> str:
    """A text in quotes, cut to a readable length."""
    return repr(text if len(text) <= length else text[:length] + "...")
