"""Long texts are read in a thread, so that other candidates get their verdicts meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
# Characters of a text that is read without leaving the event loop.
LONGEST_INLINE = 50_000


async def off_loop(text: str, read: Callable[[], T]) -> T:
    """What `read` makes of `text`; in a thread where the text is long."""
    return read() if len(text) <= LONGEST_INLINE else await asyncio.to_thread(read)
