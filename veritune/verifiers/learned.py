"""Learned checkers: reward models that decide on solutions, and label their steps.

A checker that learned may be wrong, and says so: its reasons name the chance that it saw.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.config import ConventionConfig
from veritune.errors import ModelError
from veritune.records import Candidate, Evidence, Problem, StepLabel, StepVerdict, Verdict
from veritune.verifiers.scoring import (
    AT_ONCE,
    Aggregate,
    Scored,
    Span,
    open_reward_model,
    score_candidates,
    sigmoid,
)

if TYPE_CHECKING:
    from veritune.verifiers.scoring import AnyRewardModel

Posed = tuple[Problem, Candidate, Sequence[Span] | None]


class LearnedVerifier:
    """Verdicts by a reward model alone: passed where the chance is at least `threshold`.

    Candidates that come while the model computes are read together afterwards.
    """

    def __init__(
        self,
        reward: AnyRewardModel | str | Path,
        *,
        convention: ConventionConfig | None = None,
        aggregate: Aggregate = "min",
        threshold: float = 0.5,
    ) -> None:
        self._given, self._convention = reward, convention
        self._aggregate: Aggregate = aggregate
        self._threshold = threshold
        self._waiting: list[tuple[Posed, asyncio.Future[Scored]]] = []
        self._reading: asyncio.Task[None] | None = None

    @cached_property
    def _reward(self) -> AnyRewardModel:
        """Read when the first candidate comes: a run makes its reward model after it began."""
        given = self._given
        return (
            open_reward_model(given, self._convention) if isinstance(given, str | Path) else given
        )

    def check_kind(self) -> None:
        """Raise `ModelError` where the model cannot label steps."""
        kind = self._reward.kind
        if kind not in ("process", "published"):
            raise ModelError(
                f"{self._given}: is a reward model of kind {kind}; only one of kind process can"
                " label steps"
            )

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """A verdict whose score is the chance that the model saw; steps only of process models."""
        started = time.perf_counter()
        scored = await self._read(problem, candidate, None)
        kind = self._reward.kind
        chance = sigmoid(scored.score) if kind == "preference" else scored.score
        passed = chance >= self._threshold
        return Verdict(
            problem_id=candidate.problem_id,
            index=candidate.index,
            outcome="passed" if passed else "failed",
            score=chance,
            reason=f"{'process' if kind == 'published' else kind} reward model: {chance:.3f}",
            steps=tuple(self._step(span, chance) for span, chance in scored.steps),
            seconds=round(time.perf_counter() - started, 6),
        )

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """A label for every step that is not empty."""
        scored = await self._read(problem, candidate, spans)
        return tuple(self._step(span, chance) for span, chance in scored.steps)

    def score(
        self,
        pairs: Sequence[tuple[Problem, Candidate]],
        spans: Sequence[Sequence[Span] | None] | None = None,
    ) -> list[Scored]:
        """Scores in the order of the pairs; `spans` are the steps where they are known."""
        return score_candidates(self._reward, pairs, aggregate=self._aggregate, spans=spans)

    async def _read(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> Scored:
        found: asyncio.Future[Scored] = asyncio.get_running_loop().create_future()
        self._waiting.append(((problem, candidate, spans), found))
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
        return await found

    async def _read_all(self) -> None:
        while self._waiting:
            # The others that are under way get their turn to join this batch.
            await asyncio.sleep(0)
            part, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            pairs = [(problem, candidate) for (problem, candidate, _), _ in part]
            spans = [own for (_, _, own), _ in part]
            try:
                scored = await asyncio.to_thread(self.score, pairs, spans)
            except BaseException as error:
                for _, found in part:
                    if not found.done():
                        found.set_exception(error)
                continue
            for (_, found), one in zip(part, scored, strict=True):
                if not found.done():
                    found.set_result(one)

    def _step(self, span: Span, chance: float) -> StepVerdict:
        label: StepLabel = "verified" if chance >= self._threshold else "incorrect"
        return StepVerdict(
            start=span[0],
            end=span[1],
            label=label,
            reason=f"process reward model: {chance:.3f}",
            score=chance,
            evidence=Evidence(kind="probability", checker=self._reward.name),
        )
