"""A candidate's text as statements: spans that partition it, one for each logical line of code."""

from __future__ import annotations

import io
import tokenize
from itertools import pairwise

from veritune.verifiers.code.blocks import lines_of
from veritune.verifiers.code.extract import Extracted

# Of a program whose statements are told apart; the rest is one.
MOST_LINES = 2_000
# Of code; a longer program is one step.
MOST_CHARACTERS = 50_000
# Characters between two lines of one block, at most: what a fence in a list is indented by.
INDENTS = 100
Span = tuple[int, int]


def statements_of(text: str, program: Extracted) -> list[Span]:
    """What stands before the code, its statements, what stands behind it; none is empty.

    A statement's span begins where the one before ends, so comments stand with what follows them.
    Read off the tokens: hostile text must not reach this process's compiler.
    """
    lines = lines_of(program.code)
    places = [(at, at + len(line)) for at, line in zip(program.offsets, lines, strict=True) if line]
    edges = {0, len(text)} | {places[last - 1][1] for last in _lasts(program.code)}
    behind = [start for (_, end), (start, _) in pairwise(places) if start > end + INDENTS]
    edges |= {places[0][0], places[-1][1], *behind} if places else set()
    return [span for span in pairwise(sorted(edges)) if span[0] < span[1]]


def place_of(program: Extracted, line: int) -> int | None:
    """The offset in the text at which a line of the code begins; lines count from 1."""
    return program.offsets[line - 1] if 1 <= line <= len(program.offsets) else None


def _lasts(code: str) -> list[int]:
    """The last lines of the statements; every line where the code has no tokens."""
    count = len(lines_of(code))
    if count > MOST_LINES or len(code) > MOST_CHARACTERS:
        return []
    try:
        tokens = tokenize.generate_tokens(io.StringIO(code, newline="").readline)
        found = {token.end[0] for token in tokens if token.type == tokenize.NEWLINE}
    except (tokenize.TokenError, SyntaxError, ValueError):
        return list(range(1, count + 1))
    return sorted(last for last in found if last <= count)
