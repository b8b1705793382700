"""`veritune validate P.jsonl|chain|functions`: does every reference pass its own verifier?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tyro.conf import Positional

from veritune.cli.arguments import parse
from veritune.cli.console import Terminal
from veritune.cli.verify import judge
from veritune.config import Count, Positive, ProblemsConfig, VerifierConfig
from veritune.problems import (
    GENERATORS,
    generate,
    guess_source,
    load_problems,
    reference_solution,
)
from veritune.records import Candidate, Problem, Verdict

GENERATED = 500


class ValidateArguments(VerifierConfig):
    """Check every reference solution with its own verifier; exit code 1 if one fails."""

    problems: Positional[str]
    """A file, folder or hub name; or chain or functions, to check what is generated."""
    source: str | None = None
    """gsm8k, humaneval, mbpp or veritune; seen from the first row where left out."""
    limit: Positive | None = None
    """Check at most this many problems; of a generator 500 where left out."""
    seed: Count = 0
    """What generators draw follows from this."""


def main(argv: Sequence[str]) -> int:
    """Print a line for every reference that fails, and a summary."""
    arguments = parse(ValidateArguments, argv, prog="veritune validate")
    problems = read_problems(arguments)
    pairs = [(problem, reference) for problem in problems if (reference := candidate(problem))]
    watch = Terminal()
    verdicts = asyncio.run(judge(arguments, pairs, watch))
    failed = 0
    for verdict in verdicts:
        reason = complaint(verdict)
        if reason:
            failed += 1
            watch.say(f"{verdict.problem_id}: {' '.join(reason.split())}")
    watch.say(f"{len(pairs) - failed}/{len(pairs)} passed")
    if len(pairs) < len(problems):
        watch.say(f"{len(problems) - len(pairs)} have no reference solution")
    return 1 if failed else 0


def read_problems(arguments: ValidateArguments) -> list[Problem]:
    """The problems that the command line names."""
    name = arguments.problems
    if name in GENERATORS:
        config = ProblemsConfig(source=name)
        count = arguments.limit or GENERATED
        return [problem for problem, _ in generate(config, arguments.seed, "train", count)]
    source = arguments.source or guess_source(name)
    return load_problems(source, name, split="test", count=arguments.limit)


def candidate(problem: Problem) -> Candidate | None:
    """The reference solution as if a model had written it."""
    text = reference_solution(problem)
    return None if text is None else Candidate(problem_id=problem.id, index=0, text=text)


def complaint(verdict: Verdict) -> str | None:
    """Why a reference does not pass: its verdict, or the first wrong step."""
    if verdict.outcome != "passed":
        return f"{verdict.outcome}: {verdict.reason}"
    wrong = [step.reason for step in verdict.steps if step.label == "incorrect"]
    return f"wrong step: {wrong[0]}" if wrong else None
