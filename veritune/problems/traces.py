"""What the traces of the generators share: pieces that end with `;`, and errors carried on."""

from __future__ import annotations

import re
from typing import Protocol

from veritune.records import StepLabel, StepVerdict

_PIECE = re.compile(r"[^;#]*;|#?[^;#]*", re.ASCII)
PieceVerdict = tuple[StepLabel, str]


class Trace(Protocol):
    """Verifies a solution piece by piece."""

    def check_piece(self, piece: str, *, last: bool) -> PieceVerdict:
        """The next piece; `last`: it ends the text."""
        ...


class Carried:
    """Marks an error once, where it was made; what follows from it is correct and says so."""

    def __init__(self) -> None:
        self._wrong = False

    def correct(self, claim: str) -> PieceVerdict:
        """A piece that follows from what was written before it."""
        return "correct", f"{claim}, which follows from an earlier error" if self._wrong else claim

    def incorrect(self, reason: str) -> PieceVerdict:
        """A piece that does not."""
        self._wrong = True
        return "incorrect", reason


def check_pieces(trace: Trace, text: str) -> tuple[StepVerdict, ...]:
    """One verdict a piece; the spans partition `text`."""
    return tuple(
        StepVerdict(start=match.start(), end=match.end(), label=label, reason=reason)
        for match in _PIECE.finditer(text)
        if match[0]
        for label, reason in [trace.check_piece(match[0], last=match.end() == len(text))]
    )
