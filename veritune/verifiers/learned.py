"""Learned checkers: reward models that score solutions, and label their steps.

A process model's chances at the steps' ends become one score by

    min      the worst step's            (Math-Shepherd: Wang et al. 2024, arXiv 2312.08935)
    product  that all steps are right    (Lightman et al. 2023, arXiv 2305.20050)
    last     the last step's             (Snell et al. 2024, arXiv 2408.03314)

A checker that learned may be wrong, and says so: its reasons name the chance that it saw.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veritune.models import encode_prompt
from veritune.records import Candidate, Problem, StepVerdict, Verdict
from veritune.verifiers.steps import spans_of

if TYPE_CHECKING:
    from veritune.models.reward import RewardModel, TokenSpan

Aggregate = Literal["min", "product", "last"]
Span = tuple[int, int]
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` ranks candidates of one problem; `steps` are chances in [0, 1], by span.

    The score is a chance for outcome and process models, and any number for preference models.
    """

    score: float
    steps: tuple[tuple[Span, float], ...] = ()


class LearnedVerifier:
    """Verdicts by a reward model alone: passed where the chance is at least `threshold`."""

    def __init__(
        self,
        reward: RewardModel | str | Path,
        *,
        aggregate: Aggregate = "min",
        threshold: float = 0.5,
    ) -> None:
        self._given = reward
        self._aggregate: Aggregate = aggregate
        self._threshold = threshold
        self._turn = asyncio.Lock()

    @cached_property
    def _reward(self) -> RewardModel:
        """Read when the first candidate comes: a run makes its reward model after it began."""
        from veritune.models.reward import load_reward_model

        given = self._given
        return load_reward_model(given) if isinstance(given, str | Path) else given

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """A verdict whose score is the chance that the model saw; steps only of process models."""
        started = time.perf_counter()
        async with self._turn:
            (scored,) = await asyncio.to_thread(self.score, [(problem, candidate)])
        chance = _sigmoid(scored.score) if self._reward.kind == "preference" else scored.score
        passed = chance >= self._threshold
        return Verdict(
            problem_id=candidate.problem_id,
            index=candidate.index,
            outcome="passed" if passed else "failed",
            score=chance,
            reason=f"{self._reward.kind} reward model: {chance:.3f}",
            steps=tuple(_step(span, chance, self._threshold) for span, chance in scored.steps),
            seconds=time.perf_counter() - started,
        )

    async def fill(
        self, problem: Problem, candidate: Candidate, steps: Sequence[StepVerdict]
    ) -> tuple[StepVerdict, ...]:
        """The steps, with labels for those that are "unchecked"; what rules found is untouched."""
        if not any(step.label == "unchecked" for step in steps):
            return tuple(steps)
        spans = [(step.start, step.end) for step in steps]
        async with self._turn:
            (scored,) = await asyncio.to_thread(self.score, [(problem, candidate)], [spans])
        chances = dict(scored.steps)
        return tuple(
            replace(
                _step(span, chances[span], self._threshold), reason=_joined(step, chances[span])
            )
            if step.label == "unchecked" and (span := (step.start, step.end)) in chances
            else step
            for step in steps
        )

    def score(
        self,
        pairs: Sequence[tuple[Problem, Candidate]],
        spans: Sequence[Sequence[Span]] | None = None,
    ) -> list[Scored]:
        """Scores in the order of the pairs; `spans` are the steps where they are known."""
        return score_candidates(self._reward, pairs, aggregate=self._aggregate, spans=spans)


def score_candidates(
    reward: RewardModel,
    pairs: Sequence[tuple[Problem, Candidate]],
    *,
    aggregate: Aggregate = "min",
    spans: Sequence[Sequence[Span]] | None = None,
) -> list[Scored]:
    """What a reward model of any kind says of candidates, in their order."""
    import torch

    rows = [_ids(reward, problem, candidate) for problem, candidate in pairs]
    found: dict[int, Scored] = {}
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    for start in range(0, len(order), AT_ONCE):
        part = order[start : start + AT_ONCE]
        steps = [_steps(*pairs[i], spans[i] if spans is not None else None) for i in part]
        places = [
            _places(reward, rows[i], pairs[i][1].text, own)
            for i, own in zip(part, steps, strict=True)
        ]
        with torch.no_grad():
            numbers = reward.numbers([rows[i][0] for i in part], places).tolist()
        for i, own, place in zip(part, steps, places, strict=True):
            mine, numbers = numbers[: len(place)], numbers[len(place) :]
            found[i] = _scored(reward, own, mine, aggregate)
    return [found[i] for i in range(len(rows))]


def candidate_scores(
    reward: RewardModel,
    rows: Sequence[tuple[Problem, Candidate, *tuple[Verdict, ...]]],
    aggregates: Sequence[Aggregate] = ("min",),
) -> list[dict[tuple[str, int], float]]:
    """The score of every candidate by problem and index, once for each way to aggregate steps."""
    scored = score_candidates(reward, [(row[0], row[1]) for row in rows])
    tables: list[dict[tuple[str, int], float]] = [{} for _ in aggregates]
    for (_, candidate, *_), found in zip(rows, scored, strict=True):
        chances = [chance for _, chance in found.steps]
        for table, how in zip(tables, aggregates, strict=True):
            score = aggregated(chances, how) if reward.kind == "process" else found.score
            table[candidate.problem_id, candidate.index] = score
    return tables


def _ids(reward: RewardModel, problem: Problem, candidate: Candidate) -> tuple[list[int], int]:
    """Ids of prompt and candidate, and how many are the prompt's.

    Candidates may come from a model with other tokens, so their text counts, not their ids.
    """
    tokenizer = reward.tokenizer
    prompt = encode_prompt(tokenizer, problem.prompt)
    own = tokenizer.encode(candidate.text, add_special_tokens=False)
    return [*prompt, *own, tokenizer.eos_token_id], len(prompt)


def _steps(problem: Problem, candidate: Candidate, spans: Sequence[Span] | None) -> list[Span]:
    """The steps that are not empty, by characters."""
    if spans is None:
        spans = spans_of(problem, candidate.text)
    return [(start, end) for start, end in spans if end > start]


def _places(
    reward: RewardModel, row: tuple[list[int], int], text: str, steps: Sequence[Span]
) -> list[TokenSpan]:
    """What is scored, by tokens: the steps of a process model, the whole solution of another."""
    from veritune.models.token_ends import span_at, token_ends

    ids, prompt = row
    if reward.kind != "process":
        return [(prompt, len(ids) - 1)]
    ends = token_ends(reward.tokenizer, ids[prompt:], text)
    spans = [span_at(ends, start, end) for start, end in steps]
    return [(prompt + first, prompt + last) for first, last in spans]


def _scored(
    reward: RewardModel, steps: Sequence[Span], numbers: Sequence[float], aggregate: Aggregate
) -> Scored:
    if reward.kind != "process":
        (number,) = numbers
        return Scored(number if reward.kind == "preference" else _sigmoid(number))
    chances = [_sigmoid(number) for number in numbers]
    return Scored(aggregated(chances, aggregate), tuple(zip(steps, chances, strict=True)))


def aggregated(chances: Sequence[float], aggregate: Aggregate) -> float:
    """One score of a solution's steps; a solution without steps has none that is right: 0."""
    if not chances:
        return 0.0
    if aggregate == "min":
        return min(chances)
    return chances[-1] if aggregate == "last" else math.prod(chances)


def _step(span: Span, chance: float, threshold: float) -> StepVerdict:
    label: Literal["correct", "incorrect"] = "correct" if chance >= threshold else "incorrect"
    reason = f"process reward model: {chance:.3f}"
    return StepVerdict(start=span[0], end=span[1], label=label, reason=reason, score=chance)


def _joined(step: StepVerdict, chance: float) -> str:
    return f"process reward model: {chance:.3f} (rules: {step.reason})"


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
