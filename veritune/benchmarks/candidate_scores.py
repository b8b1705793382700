"""Scores of candidates, by which `curves` picks: from files, reward models and step checkers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from math import isfinite
from typing import Literal, TypedDict, TypeVar, cast

from veritune.benchmarks.best_of_n import Key
from veritune.config import ConventionConfig, VerifierConfig
from veritune.errors import RecordError
from veritune.files import iter_rows
from veritune.records import Candidate, Problem

T = TypeVar("T")
ProblemCandidate = tuple[Problem, Candidate]
# How the scores of a solution's steps become its own.
StepAggregate = Literal["min", "product", "last"]


class ScoreRow(TypedDict):
    """A line of a file of scores."""

    problem_id: str
    index: int
    score: float | None


def read_scores(path: str) -> dict[Key, float]:
    """Scores by (problem id, index); a row without a score (verifier error) counts as lowest."""
    found: dict[Key, float] = {}
    for number, read in iter_rows(path):
        # What is not as the row should be is said below.
        row = cast("ScoreRow", read)
        try:
            key, score = (str(row["problem_id"]), int(row["index"])), row["score"]
            found[key] = float("-inf") if score is None else float(score)
            if score is not None and not isfinite(found[key]):
                raise ValueError(score)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise RecordError(
                f"{path}:{number}: expected problem_id, index and a number as score"
            ) from None
    return found


def model_scores(
    model: str,
    convention: ConventionConfig,
    pairs: Sequence[ProblemCandidate],
    aggregate: StepAggregate = "min",
) -> dict[Key, float]:
    """What a reward model says of the candidates."""
    from veritune.verifiers import candidate_scores, open_reward_model

    (scores,) = candidate_scores(open_reward_model(model, convention), pairs, [aggregate])
    return scores


async def checker_scores(
    checkers: Sequence[str],
    config: VerifierConfig,
    pairs: Sequence[ProblemCandidate],
    aggregate: StepAggregate = "min",
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, dict[Key, float]]:
    """Scores by the steps that each checker labels, under its name (`rules+judge` and the like)."""
    from veritune.verifiers import (
        AnswerVerifier,
        aggregated,
        checker_names,
        open_labeller,
        step_scores,
    )

    found: dict[str, dict[Key, float]] = {}
    async with AnswerVerifier(workers=config.workers) as answers:
        for checker in checkers:
            async with open_labeller(config, checker_names(checker), answers, say) as labeller:
                steps = await _gathered(
                    [partial(labeller.check, *pair, None) for pair in pairs], config.at_once
                )
            found[checker] = {
                (one.problem_id, one.index): aggregated(step_scores(own), aggregate)
                for (_, one), own in zip(pairs, steps, strict=True)
            }
    return found


async def _gathered(work: Sequence[Callable[[], Coroutine[object, None, T]]], most: int) -> list[T]:
    """The results in order; `most` are under way at a time, and the first error ends all."""
    turns = asyncio.Semaphore(most)

    async def one(begin: Callable[[], Coroutine[object, None, T]]) -> T:
        async with turns:
            return await begin()

    return list(await asyncio.gather(*map(one, work)))
