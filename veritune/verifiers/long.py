"""Long texts: how much of one is read, and where, so that others get their verdicts meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# Characters of a text that is read without leaving the event loop: a few milliseconds.
LONGEST_INLINE = 10_000
# Characters of a candidate that is read at all; no model writes that many for an answer.
LONGEST_TEXT = 2_000_000
# Characters behind what was thought in which a program is looked for: longer ones are refused.
LONGEST_PROGRAM = 200_000
# Characters at the end of a solution in which its answer is looked for.
LONGEST_SOLUTION = 50_000


async def off_loop(text: str, read: Callable[[], T]) -> T:
    """What `read` makes of `text`; in a thread where the text is long."""
    return read() if len(text) <= LONGEST_INLINE else await asyncio.to_thread(read)


def unread(text: str) -> str:
    """Why a candidate is not read, or nothing."""
    if len(text) <= LONGEST_TEXT:
        return ""
    return f"not read: {len(text):,} characters, of at most {LONGEST_TEXT:,}"
