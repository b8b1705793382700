"""What every trainer does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from veritune.records import Candidate, Checkpoint, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One text to learn: a problem's prompt and a completion of it."""

    problem: Problem
    candidate: Candidate


class Trainer(Protocol):
    """Turns a policy and a batch of examples into the next policy."""

    def update(self, checkpoint: Checkpoint, batch: Sequence[Example], out: Path) -> Checkpoint:
        """Train from `checkpoint` on `batch`; `out` holds the result only when it is whole."""
        ...
