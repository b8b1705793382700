"""`veritune validate P.jsonl|chain|functions`: does every reference pass its own verifier?"""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import Positional, parse
from veritune.cli.candidates import verify_all
from veritune.cli.console import TerminalProgress
from veritune.cli.running import run_async
from veritune.config import ColumnsConfig, Count, Positive, ProblemsConfig, VerifierConfig
from veritune.problems import (
    DATASETS,
    FILE,
    GENERATORS,
    generate,
    guess_source,
    load,
    reference_solution,
    say_notes,
)
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers import check_annotations

GENERATED = 500


class ValidateArguments(VerifierConfig):
    """Check every reference solution with its own verifier; exit code 1 if one fails."""

    problems: Positional[str]
    """A file, folder or hub name; or chain or functions, to check what is generated."""
    source: str | None = None
    """gsm8k, humaneval, mbpp, veritune or file; seen from the first row where left out."""
    columns: ColumnsConfig = ColumnsConfig()
    limit: Positive | None = None
    """Check at most this many problems; of a generator 500 where left out."""
    seed: Count = 0
    """Random seed of the generators."""


def main(argv: Sequence[str]) -> int:
    """Print a line for every reference that fails, and a summary."""
    arguments = parse(ValidateArguments, argv, prog="veritune validate")
    source, problems = read_problems(arguments)
    annotated = DATASETS[source].annotated
    pairs = [(problem, reference) for problem in problems if (reference := candidate(problem))]
    progress = TerminalProgress()
    verdicts = run_async(verify_all(arguments, pairs, progress))
    failed = doubtful = 0
    for (problem, reference), verdict in zip(pairs, verdicts, strict=True):
        reason = complaint(reference, verdict, annotated=annotated)
        remark = reason or wrong_step(verdict)
        failed += reason is not None
        doubtful += reason is None and remark is not None
        if remark:
            progress.say(
                f"{problem.id}: {'' if reason else 'passed, but '}{' '.join(remark.split())}"
            )
    progress.say(f"{len(pairs) - failed}/{len(pairs)} passed")
    if doubtful:
        progress.say(f"{doubtful} of them have a wrong step in their prose")
    if len(pairs) < len(problems):
        progress.say(f"{len(problems) - len(pairs)} have no reference solution")
    return 1 if failed else 0


def read_problems(arguments: ValidateArguments) -> tuple[str, list[Problem]]:
    """The data set's name, and the problems that the command line names."""
    name = arguments.problems
    if name in GENERATORS:
        config = ProblemsConfig(source=name)
        count = arguments.limit or GENERATED
        return name, [problem for problem, _ in generate(config, arguments.seed, "train", count)]
    columns = arguments.columns
    mapped = columns != ColumnsConfig()
    source = arguments.source or (FILE if mapped else guess_source(name))
    loaded = load(source, name, split="test", count=arguments.limit, columns=columns)
    say_notes(loaded)
    return source, loaded.problems


def candidate(problem: Problem) -> Candidate | None:
    """The reference solution as if a model had written it."""
    text = reference_solution(problem)
    return None if text is None else Candidate(problem_id=problem.id, index=0, text=text)


def complaint(reference: Candidate, verdict: Verdict, *, annotated: bool) -> str | None:
    """Why a reference does not pass.

    Annotated solutions (GSM8K's) are vouched for by their annotations alone: such prose has typing
    errors, which are remarks (`wrong_step`).
    """
    if verdict.outcome != "passed":
        return f"{verdict.outcome}: {verdict.reason}"
    if not annotated:
        return wrong_step(verdict)
    wrong = [why for label, why in check_annotations(reference.text) if label == "incorrect"]
    return f"wrong step: {wrong[0]}" if wrong else None


def wrong_step(verdict: Verdict) -> str | None:
    """The first wrong step."""
    wrong = [step.reason for step in verdict.steps if step.label == "incorrect"]
    return f"wrong step: {wrong[0]}" if wrong else None
