"""Replies through a pipe that the client may find shorter than the engine's stream."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..wire.messages import Pipes


def reply_through(pipe: Sequence[int] | None, replies: int) -> Pipes:
    """Make a pipe, or, given the one made, put it in the place of the descriptor `replies`."""
    if pipe is None:
        return {"replies": os.pipe()}
    os.dup2(pipe[1], replies)
    for end in pipe:
        os.close(end)
    return {}
