"""Candidates: what a policy wrote for a problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from veritune.records.record import Index, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Record):
    """One sampled solution. `policy` is the content hash of the weights that sampled it."""

    problem_id: str
    index: Index
    text: str
    finish_reason: Literal["stop", "length"] | None = None
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None
    policy: str | None = None
    round: Index | None = None

    @property
    def truncated(self) -> bool:
        """Whether it ended at the most tokens it might have, and not by itself."""
        return self.finish_reason == "length"
