"""Candidates: what a policy wrote for a problem."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from veritune.errors import RecordError
from veritune.records.record import OMIT, Index, Record
from veritune.records.verdicts import StepVerdict
from veritune.thinking import answer_start


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPart:
    """The part of a candidate that answers; character i of it is `offset` + i of the candidate's
    text, where that is not below 0: then it is the prefill's.

    `ended` is False where the thinking never ends, and nothing answers.
    """

    text: str
    offset: int
    ended: bool

    def placed(self, steps: Iterable[StepVerdict]) -> tuple[StepVerdict, ...]:
        """Steps of the part as steps of the candidate's text; those of the prefill are left out."""
        return tuple(
            replace(step, start=max(0, step.start + self.offset), end=step.end + self.offset)
            for step in steps
            if step.end + self.offset > 0
        )

    def within(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Spans of the candidate's text as spans of the part, which the first one begins with."""
        inner = [(a - self.offset, b - self.offset) for a, b in spans if b > self.offset]
        return [(0, inner[0][1]), *inner[1:]] if inner else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Record):
    """One sampled solution. `policy` is the content hash of the weights that sampled it.

    `step_ends` are the character offsets where its steps end, where they are given; the last is
    the text's length. Left out, a rule finds the steps. `prefill` is what the model's turn began
    with, which is no part of `text`. The first `thinking` characters of the text are what was
    thought before the answer, up to and with its closing tag; left out, the tags tell.
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
    thinking: Index | None = None

    def __post_init__(self) -> None:
        if self.thinking is not None and self.thinking > len(self.text):
            raise RecordError(
                f"thinking: {self.thinking} is more than the text's length, {len(self.text)}"
            )
        ends = self.step_ends
        if ends is not None and (ends != sorted(ends) or (ends or [0])[-1] != len(self.text)):
            raise RecordError(
                f"step_ends: must rise, and end at the text's length, {len(self.text)}"
            )

    @property
    def truncated(self) -> bool:
        """Whether it ended at the most tokens it might have, and not by itself."""
        return self.finish_reason == "length"

    @property
    def answer(self) -> str:
        """The text without what was thought, and behind the prefill where that is answer, too;
        empty where the thinking never ends."""
        return self.answer_part().text

    @property
    def still_thinking(self) -> bool:
        """Whether the thinking never ends."""
        return not self.answer_part().ended

    def answer_part(self, *, opened: bool = False) -> AnswerPart:
        """What is verified of the candidate; `opened`: its prompt ends inside of a thought."""
        whole, begin = self.prefill + self.text, len(self.prefill)
        if self.thinking is None:
            start = answer_start(whole, opened=opened)
        else:
            start = None if self.thinking == len(self.text) else begin + self.thinking
        if start is None:
            return AnswerPart(text="", offset=len(self.text), ended=False)
        return AnswerPart(text=whole[start:], offset=start - begin, ended=True)
