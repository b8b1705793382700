"""`veritune run RECIPE.toml [--key value ...] [--from-round K] [--dry-run]`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress, percent
from veritune.cli.running import run_async
from veritune.config import Recipe, load_recipe
from veritune.errors import (
    MissingFileError,
    ModelError,
    RecipeError,
    RecordError,
    VerituneError,
)
from veritune.records import Problem, rate

PROG = "veritune run RECIPE.toml"


class RunArguments(Recipe):
    """Run a recipe's rounds, or resume them. --dry-run prints the resolved recipe, the first prompt
    and what the phases take of memory, and runs nothing. --from-round K goes back to the state
    after round K, and resumes from there. The recipe's keys are options, too."""


def main(argv: Sequence[str]) -> int:
    """Run a recipe to its end, or resume it."""
    rest, from_round = take_round(argv)
    words = [word for word in rest if word != "--dry-run"]
    recipe = read(words)
    if len(words) != len(rest):
        from veritune.store import to_toml

        lines = list(told(recipe))
        print(to_toml(recipe), end="")
        for line in lines:
            print(f"# {line}")
        return 0
    execute(recipe, from_round)
    return 0


def told(recipe: Recipe) -> Iterator[str]:
    """The first prompt, what is left out of the problems, and what the phases take of memory, or
    why that is not said, in lines.

    Raises `MissingFileError` and `RecordError` for problems that are not there or are damaged,
    `RecipeError` where a phase takes more than this GPU has or rules must decide without any
    answer, `InputError` for prompts that are too long for the model.
    """
    from veritune.problems import check_problem_files, recipe_problems, shown
    from veritune.rounds import check_answered, fitting_splits, memory_lines, put

    path, notes = recipe.model.path, list[str]()
    train: list[Problem] = []
    test: list[Problem] = []
    check_problem_files(recipe.problems)
    try:
        if path is not None and not Path(path).expanduser().is_dir():
            raise RecipeError(f"{path} is not on this machine yet")
        train, test = recipe_problems(recipe.problems, recipe.seed, notes.append, put(recipe))
        yield from ("first prompt:", *shown(train[0]).splitlines())
    except (MissingFileError, RecordError):
        raise
    except VerituneError as error:
        yield f"first prompt: not shown ({error})"
    for split in (train, test):
        check_answered(recipe.verifier, split)
    if train:
        try:
            train, _ = fitting_splits(recipe, train, test, notes.append)
        except (ModelError, ModuleNotFoundError) as error:
            notes.append(f"prompts: not counted ({error})")
    yield from notes
    try:
        yield from memory_lines(recipe, train)
    except (ModelError, ModuleNotFoundError) as error:
        yield f"memory: not estimated ({error})"


def take_round(words: Sequence[str]) -> tuple[list[str], int | None]:
    """The words without `--from-round K`, and K; raises `RecipeError`."""
    rest, rounds = [], []
    waiting = iter(words)
    for word in waiting:
        name, sign, value = word.partition("=")
        if name in ("--from-round", "--from_round"):
            rounds.append(value if sign else next(waiting, ""))
        else:
            rest.append(word)
    if not rounds:
        return rest, None
    if len(rounds) > 1 or not (rounds[0].isascii() and rounds[0].isdigit()):
        raise RecipeError("--from-round: give one round, such as --from-round 3; 0 is the start")
    return rest, int(rounds[0])


def read(words: Sequence[str]) -> Recipe:
    """The recipe that the words name, with its overrides."""
    if words and words[0] in ("-h", "--help"):
        parse(RunArguments, words, prog=f"{PROG} [--dry-run] [--from-round K]", default=Recipe())
    if not words or words[0].startswith("-"):
        raise RecipeError("name the recipe first: veritune run RECIPE.toml [--sampler.n 16 ...]")
    recipe = load_recipe(Path(words[0]))
    shape = RunArguments if {"-h", "--help"} & set(words) else Recipe
    return parse(shape, words[1:], prog=PROG, default=recipe) if words[1:] else recipe


def execute(recipe: Recipe, from_round: int | None = None) -> None:
    """Run the rounds and show them on the terminal; ends with one summary line.

    Under torchrun the first process does, and the others train with it.
    """
    if int(os.environ.get("RANK", "0")):
        from veritune.trainer import follow

        return follow(recipe)
    from veritune.problems import check_problem_files
    from veritune.rounds import RemainingTime, improve
    from veritune.store import RunFolder

    # Of a run that is there, what is known of its problems stands in its journal.
    if not RunFolder(recipe.folder).journal.exists():
        check_problem_files(recipe.problems)
    title = f"{recipe.name}: held-out problems"
    # Phases that are under way together say nothing of how long each will take.
    remaining = None if recipe.rounds.overlap else RemainingTime(recipe)
    progress = TerminalProgress(title, remaining=remaining)
    progress.say(f"to watch it in the browser: veritune view {recipe.folder}")
    rows = run_async(improve(recipe, progress, from_round))
    first, last = rows[0], rows[-1]
    before, after = (percent(rate(row, "pass_at_1")) for row in (first, last))
    # Not the start's where the journal was lost and began anew.
    since = f" of round {first['round']}" if first["round"] else ""
    progress.say(
        f"done: pass@1 {before}{since} -> {after} on {last['problems']} held-out problems after"
        f" {recipe.rounds.count} rounds; everything is in {recipe.folder}"
    )
