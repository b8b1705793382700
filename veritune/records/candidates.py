"""Candidates: what a policy wrote for a problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from veritune.errors import RecordError
from veritune.records.record import OMIT, Index, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Record):
    """One sampled solution. `policy` is the content hash of the weights that sampled it.

    `step_ends` are the character offsets where its steps end, where they are given; the last is
    the text's length. Left out, a rule finds the steps. `prefill` is what the model's turn began
    with, which is no part of `text`.
    """

    problem_id: str
    index: Index
    text: str
    finish_reason: Literal["stop", "length"] | None = None
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None
    policy: str | None = None
    round: Index | None = None
    step_ends: list[Index] | None = None
    prefill: str = field(default="", metadata=OMIT)

    def __post_init__(self) -> None:
        ends = self.step_ends
        if ends is not None and (ends != sorted(ends) or (ends or [0])[-1] != len(self.text)):
            raise RecordError(
                f"step_ends: must rise, and end at the text's length, {len(self.text)}"
            )

    @property
    def truncated(self) -> bool:
        """Whether it ended at the most tokens it might have, and not by itself."""
        return self.finish_reason == "length"
