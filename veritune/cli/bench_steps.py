"""`veritune bench steps FILE ... [--checkers rules reward_model judge rules+reward_model]`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import model_validator

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.cli.options import OptionName
from veritune.cli.posing import check_prompt, pose_for_rollouts
from veritune.cli.running import run_async
from veritune.config import Count, Positive, PromptConfig, VerifierConfig
from veritune.errors import RecipeError, RecordError, UnwritableError

if TYPE_CHECKING:
    from veritune.benchmarks import FileResult, LabelledSolution

USAGE = "veritune bench steps FILE ..."
# Beside it judges' replies and completions are kept where no file is written.
KEPT = "bench-steps"


class StepsArguments(VerifierConfig):
    """Measure step checkers on solutions whose first wrong step is labelled.

    A FILE is a file, folder or hub name in any format of labelled steps.
    """

    checkers: tuple[str, ...] = ("rules",)
    """What to measure: rules, reward_model, judge, rollouts; a+b: a first, then b for the steps
    that a left unchecked or only consistent."""
    out: Annotated[str | None, OptionName("json")] = None
    """Write everything here, as JSON: rates, calibration, cost, every step, disagreements."""
    tune: str | None = None
    """Choose the threshold of every checker that scores on this file, for the highest F1, and use
    it on all files."""
    split: str = "test"
    """Which split of a folder or hub data set."""
    neutral: Literal["correct", "incorrect", "skip"] = "correct"
    """What PRM800K's rating 0 means; 'skip' leaves such rows out."""
    limit: Positive | None = None
    """Check at most this many solutions a file."""
    show: Count = 0
    """Print so many confusions of each checker and file."""
    prompt: PromptConfig = PromptConfig()
    """How problems are put to the model of rollouts."""

    @model_validator(mode="after")
    def _prompt_is_for_rollouts(self) -> StepsArguments:
        check_prompt(self.prompt, self.checkers, "--checkers")
        return self


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write."""
    files, rest = _files(argv)
    arguments = parse(StepsArguments, rest, prog=USAGE)
    if not files:
        raise RecipeError(f"name a file of labelled solutions: {USAGE}")
    named = dict.fromkeys([*files, *_tuned(arguments)])
    solutions = {file: _read(file, arguments) for file in named}
    progress = TerminalProgress()
    costs: dict[str, list[str]] = {}
    results = run_async(_measure(arguments, solutions, costs, progress))
    if arguments.tune not in files:
        results = [result for result in results if result.file != arguments.tune]
    _print(arguments, results, costs, progress)
    if arguments.out is not None:
        _write(arguments.out, results, costs)
    return 0


def _files(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before the first option, and the rest."""
    at = next((i for i, word in enumerate(argv) if word.startswith("-")), len(argv))
    return list(argv[:at]), list(argv[at:])


def _tuned(arguments: StepsArguments) -> list[str]:
    return [] if arguments.tune is None else [arguments.tune]


def _read(file: str, arguments: StepsArguments) -> list[LabelledSolution]:
    from veritune.benchmarks import read_labelled

    rows = read_labelled(file, split=arguments.split, neutral=arguments.neutral)
    found = list(islice(rows, arguments.limit))
    if not found:
        raise RecordError(f"{file}: no labelled solution in it")
    return found


async def _measure(
    arguments: StepsArguments,
    solutions: dict[str, list[LabelledSolution]],
    costs: dict[str, list[str]],
    progress: TerminalProgress,
) -> list[FileResult]:
    from veritune.benchmarks import (
        FileResult,
        at_threshold,
        best_threshold,
        check_solutions,
        problem_of,
    )
    from veritune.rounds import with_caches
    from veritune.verifiers import AnswerVerifier, checker_names, open_labeller

    config = with_caches(arguments, arguments.out or KEPT)
    results = []
    async with AnswerVerifier(workers=arguments.workers) as answers:
        for checker in arguments.checkers:
            names = checker_names(checker)
            said = costs.setdefault(checker, [])
            at_once = config.model_copy(update={"type": "rules", "steps": names}).at_once
            own = []
            async with open_labeller(config, names, answers, said.append) as labeller:
                for file, rows in solutions.items():
                    pairs = [(problem_of(row), row) for row in rows]
                    pairs = pose_for_rollouts(
                        pairs, checker, arguments.prompt, arguments.rollouts.model, progress
                    )
                    started = time.perf_counter()
                    checked = await check_solutions(
                        [row for _, row in pairs],
                        labeller,
                        at_once=at_once,
                        problems=[problem for problem, _ in pairs],
                    )
                    seconds = time.perf_counter() - started
                    own.append(FileResult(checker, file, checked, None, seconds))
                    said.append(f"{file}: {len(rows)} solutions in {seconds:.1f} s")
            tuned = next((r.checked for r in own if r.file == arguments.tune), None)
            threshold = None if tuned is None else best_threshold(tuned)
            if threshold is not None:
                progress.say(f"{checker}: threshold {threshold:.4f}, chosen on {arguments.tune}")
                own = [
                    FileResult(
                        r.checker, r.file, at_threshold(r.checked, threshold), threshold, r.seconds
                    )
                    for r in own
                ]
            results += own
    return results


def _print(
    arguments: StepsArguments,
    results: Sequence[FileResult],
    costs: dict[str, list[str]],
    progress: TerminalProgress,
) -> None:
    from veritune.benchmarks import confusions, disagreements, rates, shown, table

    for result in results:
        if len(results) > 1:
            progress.say(f"{result.checker} on {result.file}")
        for line in rates(result.scores):
            progress.say(line)
        found = result.calibration
        if found.steps:
            progress.say(
                f"calibration error {shown(found.ece)}, Brier score {found.brier:.3f},"
                f" of {found.steps} steps with a score"
            )
        for text in confusions(result.checked)[: arguments.show]:
            progress.say(f"\n{text}")
    if len(results) > 1:
        for line in table(results):
            progress.say(line)
        if len(arguments.checkers) > 1:
            progress.say(f"checkers differ on {len(disagreements(results))} solutions")
    for checker, lines in costs.items():
        for line in lines:
            progress.say(f"{checker}: {line}")


def _write(path: str, results: Sequence[FileResult], costs: dict[str, list[str]]) -> None:
    from veritune.benchmarks import to_json

    try:
        Path(path).write_text(json.dumps(to_json(results, costs), indent=1) + "\n")
    except OSError as error:
        raise UnwritableError(f"{path}: cannot be written ({error.strerror})") from None
