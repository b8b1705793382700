"""Where the labels come from that rerankers learn from: the checker, noise, or rollouts.

Lightman et al. 2023 (arXiv 2305.20050, section 4) compare supervision on the same samples: those
of one policy, labelled in different ways.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from veritune.benchmarks.supervision.plan import StudyConfig
from veritune.config import Recipe
from veritune.models import prompt_lengths
from veritune.records import Checkpoint, VerifiedCandidate
from veritune.rounds import open_session
from veritune.verifiers import RolloutLabeller, StepLabels


def label_sources(
    asked: StudyConfig,
    recipe: Recipe,
    start: Checkpoint,
    verified: list[VerifiedCandidate],
    folder: Path,
) -> dict[str, list[VerifiedCandidate]]:
    """Suffix of a reranker's name -> what it learns from.

    "" has every label of the checker's; "-noisy" the same with a share flipped. Rollouts label
    some of the samples: "-hard" and "-soft" have their labels, "-same" the checker's of the same.
    """
    sources = {"": verified}
    if asked.flip:
        sources["-noisy"] = [flipped(row, asked.flip) for row in verified]
    if asked.rollouts:
        some = spread(verified, asked.rollout_solutions)
        labels = asyncio.run(_rolled_out(asked.rollouts, recipe, start, some, folder))
        sources["-same"] = some
        sources["-hard"] = [_labelled(*pair, soft=False) for pair in zip(some, labels, strict=True)]
        sources["-soft"] = [_labelled(*pair, soft=True) for pair in zip(some, labels, strict=True)]
    return sources


def spread(verified: Sequence[VerifiedCandidate], count: int) -> list[VerifiedCandidate]:
    """So many of them, from all over the list."""
    size = min(count, len(verified))
    return [verified[at * len(verified) // size] for at in range(size)]


def flipped(row: VerifiedCandidate, rate: float) -> VerifiedCandidate:
    """A verified candidate whose labels are wrong at a rate, the same ones every time."""
    problem, candidate, verdict = row
    draw = Random(f"flip:{candidate.policy}:{candidate.problem_id}:{candidate.index}")
    swap = {"verified": "incorrect", "incorrect": "verified"}
    steps = tuple(
        replace(step, label=swap.get(step.label, step.label))  # type: ignore[arg-type]
        if draw.random() < rate
        else step
        for step in verdict.steps
    )
    other = {"passed": ("failed", 0.0), "failed": ("passed", 1.0)}
    outcome, score = verdict.outcome, verdict.score
    if outcome in other and draw.random() < rate:
        outcome, score = other[outcome]  # type: ignore[assignment]
    return problem, candidate, replace(verdict, steps=steps, outcome=outcome, score=score)


async def _rolled_out(
    k: int, recipe: Recipe, start: Checkpoint, verified: Sequence[VerifiedCandidate], folder: Path
) -> list[StepLabels]:
    """Labels by k completions of every prefix, sampled by the start policy and verified by
    answers."""
    async with open_session(
        folder,
        sampler=recipe.sampler,
        verifier=recipe.verifier,
        seed=recipe.seed,
        dtype=recipe.model.dtype,
        problems=[problem for problem, _, _ in verified],
    ) as session:
        labeller = RolloutLabeller(
            session.sampler,
            session.verifier,
            session.store,
            start,
            k=k,
            fits=prompt_lengths(start.path).fits,
        )
        return await labeller.label([(problem, candidate) for problem, candidate, _ in verified])


def _labelled(row: VerifiedCandidate, labels: StepLabels, *, soft: bool) -> VerifiedCandidate:
    """A candidate with the labels of its rollouts; soft: the share of completions that pass."""
    problem, candidate, verdict = row
    steps = tuple(
        replace(step, score=share if soft and step.label != "unchecked" else None)
        for step, share in zip(labels.steps, labels.soft, strict=True)
    )
    return problem, candidate, replace(verdict, steps=steps)
