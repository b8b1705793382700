"""`veritune bench rollouts --model M --problems P.jsonl --candidates C.jsonl --out V.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress, percent
from veritune.cli.posing import pose_rows
from veritune.cli.running import run_async
from veritune.config import (
    CandidateColumnsConfig,
    Count,
    Positive,
    PromptConfig,
    SamplerConfig,
    VerifierConfig,
)
from veritune.files import write_records
from veritune.problems import read_pairs
from veritune.records import Candidate, Problem
from veritune.store import check_output

if TYPE_CHECKING:
    from veritune.verifiers import StepLabels


class RolloutLabelArguments(VerifierConfig):
    """Label every step of candidates by the outcomes of completions of its prefix."""

    model: str
    """Samples the completions: Hugging Face folder or hub name; for a server, its name there."""
    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str
    """Candidates whose steps are labelled, in any of the same formats."""
    out: str
    """Where the verdicts with their steps go."""
    k: Positive = 16
    """Completions of each prefix."""
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """A step is correct if more than this share of them passes; 0: if any does."""
    search: bool = False
    """Look for the first error only, which takes far fewer completions."""
    budget: Positive | None = None
    """Most completions to sample; steps that would need more are left unchecked."""
    cache: str | None = None
    """Folder that keeps completions for the next time; OUT.rollouts where left out."""
    seed: Count = 0
    """Random seed: every random choice follows from it."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """What the model computes in."""
    sampler: SamplerConfig = SamplerConfig()
    prompt: PromptConfig = PromptConfig()


def main(argv: Sequence[str]) -> int:
    """Label, write the verdicts, and compare with the labels that rules give."""
    from veritune.benchmarks import agreement
    from veritune.verifiers import check_candidate

    arguments = parse(RolloutLabelArguments, argv, prog="veritune bench rollouts")
    check_output(arguments.out)
    read = read_pairs(arguments.problems, arguments.candidates, arguments.columns)
    progress = TerminalProgress()
    pairs = pose_rows(read, arguments.prompt, arguments.model, progress, arguments.sampler)
    labels = run_async(_label(arguments, pairs, progress))
    verdicts = [replace(found.verdict, steps=found.steps) for found in labels]
    write_records(arguments.out, verdicts)
    rules = [check_candidate(problem, candidate) for problem, candidate in pairs]
    found = agreement([(v.steps, r) for v, r in zip(verdicts, rules, strict=True)])
    progress.say(f"{len(verdicts)} solutions in {arguments.out}")
    progress.say(f"same label as by rules: {percent(found.same_label)} of {found.steps} steps")
    progress.say(f"same first error: {percent(found.same_error)} of {found.solutions} solutions")
    return 0


async def _label(
    arguments: RolloutLabelArguments,
    pairs: Sequence[tuple[Problem, Candidate]],
    progress: TerminalProgress,
) -> list[StepLabels]:
    from veritune.models import prompt_lengths
    from veritune.rounds import named_policy, open_session
    from veritune.verifiers import RolloutLabeller

    config = arguments.sampler
    policy = named_policy(arguments.model, on_server=config.type == "server")
    # A server knows how much it reads, and says so.
    fits = None if config.type == "server" else prompt_lengths(arguments.model).fits
    async with open_session(
        arguments.cache or f"{arguments.out}.rollouts",
        sampler=config,
        verifier=arguments,
        seed=arguments.seed,
        dtype=arguments.dtype,
        problems=[problem for problem, _ in pairs],
    ) as session:
        labeller = RolloutLabeller(
            session.sampler,
            session.verifier,
            session.store,
            policy,
            k=arguments.k,
            threshold=arguments.threshold,
            search=arguments.search,
            budget=arguments.budget,
            settings=_settings(arguments),
            fits=fits,
        )
        labels = await labeller.label(pairs)
    progress.say(labeller.told)
    return labels


def _settings(arguments: RolloutLabelArguments) -> str:
    """What completions depend on beside the policy and the prefix."""
    sampling = arguments.sampler.model_dump(
        mode="json", exclude={"n", "max_num_seqs", "gpu_memory_utilization", "url"}
    )
    return json.dumps({"seed": arguments.seed, "dtype": arguments.dtype, **sampling})
