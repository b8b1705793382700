"""One place of a solution that says what the answer is, or is not."""

from __future__ import annotations

from typing import Literal, NamedTuple

StatementKind = Literal["box", "tag", "phrase"]


class StatedAnswer(NamedTuple):
    """A value, stated from `start` to `end`. Without an answer it withdraws what stands before.

    `direct` says that a value follows at once, and not only words; `parts` are the members of a
    list of boxes or tags.
    """

    start: int
    end: int
    answer: str | None
    kind: StatementKind
    direct: bool = True
    parts: tuple[str, ...] = ()
