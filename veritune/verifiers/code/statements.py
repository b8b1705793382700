"""A candidate's text as statements: spans that partition it, one for each logical line of code."""

from __future__ import annotations

import io
import tokenize
from itertools import pairwise

from veritune.verifiers.code.extract import span_of

MOST_LINES = 2_000
MOST_CHARACTERS = 100_000
"""Of code; a longer program is one step."""
Span = tuple[int, int]


def statements_of(text: str) -> list[Span]:
    """What stands before the code, its statements, what stands behind it; none is empty.

    A statement's span begins where the one before ends, so comments stand with what follows them.
    Read off the tokens: hostile text must not reach this process's compiler.
    """
    start, end = span_of(text)
    ends = _line_ends(text[start:end])
    edges = {0, start, end, len(text)} | {
        start + ends[last - 1] for last in _lasts(text[start:end])
    }
    return [span for span in pairwise(sorted(edges)) if span[0] < span[1]]


def place_of(text: str, line: int) -> int | None:
    """The offset at which a line of the code begins; lines count from 1."""
    start, end = span_of(text)
    ends = [0, *_line_ends(text[start:end])]
    return start + ends[line - 1] if 1 <= line < len(ends) else None


def _line_ends(code: str) -> list[int]:
    ends, at = [], 0
    for line in io.StringIO(code, newline=""):
        at += len(line)
        ends.append(at)
    return ends


def _lasts(code: str) -> list[int]:
    """The last lines of the statements; every line where the code has no tokens."""
    count = len(_line_ends(code))
    if count > MOST_LINES or len(code) > MOST_CHARACTERS:
        return []
    try:
        tokens = tokenize.generate_tokens(io.StringIO(code, newline="").readline)
        found = {token.end[0] for token in tokens if token.type == tokenize.NEWLINE}
    except (tokenize.TokenError, SyntaxError, ValueError):
        return list(range(1, count + 1))
    return sorted(last for last in found if last <= count)
