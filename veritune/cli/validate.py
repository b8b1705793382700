"""`veritune validate P.jsonl|chain|functions`: does every reference pass its own verifier?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from veritune.cli.arguments import Positional, parse
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
    say_notes,
    text_of,
)
from veritune.records import CodeProblem, MathProblem, Problem
from veritune.text import shown

# Of a generator, which has no end; seconds of work.
GENERATED = 500
# What is read as two numbers, and may be meant as a decimal.
COMMA = re.compile(r"[^\d,.()\[\]{}]*\d+,(?!\d{3}(?!\d))\d+[^\d,.()\[\]{}]*")


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
    mutants: Count = 0
    """Measure the tests of code by so many mutants of every reference solution."""


def main(argv: Sequence[str]) -> int:
    """Print a line for every reference that fails, and a summary."""
    arguments = parse(ValidateArguments, argv, prog="veritune validate")
    source, problems = read_problems(arguments)
    from veritune.rounds import check_references

    progress, annotated = TerminalProgress(), DATASETS[source].annotated
    found = run_async(check_references(problems, arguments, annotated=annotated, progress=progress))
    for one in found:
        if said := one.complaint or one.remark:
            but = "" if one.complaint else "passed, but "
            # Ids that were made from the content say nothing to people.
            of = shown(" ".join(text_of(one.problem.prompt).split()))
            progress.say(f"{one.problem.id}: {but}{' '.join(said.split())}; prompt {of}")
    failed = sum(one.complaint is not None for one in found)
    progress.say(f"{len(found) - failed}/{len(found)} passed")
    if doubtful := sum(one.remark is not None for one in found):
        progress.say(f"{doubtful} of them have a wrong step in their prose")
    if len(found) < len(problems):
        progress.say(f"{len(problems) - len(found)} have no reference solution")
    _say_commas(problems, arguments, progress)
    _say_strength(problems, arguments, progress)
    return 1 if failed else 0


def _say_commas(
    problems: list[Problem], arguments: ValidateArguments, progress: TerminalProgress
) -> None:
    """Print how many answers may be decimals with a comma, where they are read as two numbers."""
    answers = [p.reference.answer for p in problems if isinstance(p, MathProblem)]
    found = [answer for answer in answers if COMMA.fullmatch(answer)]
    if found and not arguments.answers.decimal_comma:
        progress.say(
            f"{len(found)} answers such as {shown(found[0])} are read as two numbers; where the"
            " comma is a decimal one: --answers.decimal-comma"
        )


def _say_strength(
    problems: list[Problem], arguments: ValidateArguments, progress: TerminalProgress
) -> None:
    """Print which problems' tests are weak: wrong programs pass them."""
    from veritune.rounds import try_tests

    generated = arguments.problems in GENERATORS and not arguments.mutants
    if generated or not any(isinstance(problem, CodeProblem) for problem in problems):
        return
    found = run_async(
        try_tests(problems, arguments, mutants_each=arguments.mutants, progress=progress)
    )
    for one in found:
        if one.warning is not None:
            progress.say(f"{one.problem.id}: {' '.join(one.warning.split())}")
    weak = sum(one.warning is not None for one in found)
    progress.say(f"{weak} of {len(found)} have weak tests")
    if tried := sum(one.mutants for one in found):
        killed = tried - sum(len(one.survivors) for one in found)
        progress.say(f"{killed} of {tried} mutants of the references fail ({killed / tried:.0%})")


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
