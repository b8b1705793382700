"""The study's test problems: the same for every arm and seed, and in no run's own splits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.benchmarks.supervision.plan import StudyRecipe, cells, merged, says_something
from veritune.config import ProblemsConfig, Recipe
from veritune.errors import InputError
from veritune.files import write_records
from veritune.problems import GENERATORS, generate, posed, read_problems, recipe_problems
from veritune.records import Problem
from veritune.rounds import put

# No arm's seed: the test problems follow from it.
SEED = 2**31 - 1
# How many more are generated than asked for, since some may stand in a run's own splits.
SPARE, ALL = 1.2, 10**9


def write_tests(study: StudyRecipe, folder: Path) -> None:
    """Write `test.jsonl`, `longer.jsonl` and one file a point of every sweep, where they lack."""
    folder.mkdir(parents=True, exist_ok=True)
    config, asked = study.problems, study.study
    wanted = {"test": (config, asked.test)}
    changes = {
        key: change
        for key, change in asked.harder.items()
        if says_something(f"problems.{key}", config.source)
    }
    if asked.longer and changes:
        harder = ProblemsConfig.model_validate(merged(config.model_dump(), changes))
        wanted["longer"] = harder, asked.longer
    for cell in cells(study):
        if cell.sweep is not None:
            wanted[file_name(cell.sweep, cell.value)] = cell.recipe.problems, asked.test
    lacking = {folder / f"{name}.jsonl": what for name, what in wanted.items()}
    lacking = {path: what for path, what in lacking.items() if not path.exists()}
    taken = _taken(study) if lacking else set()
    for path, (problems, count) in lacking.items():
        _write(path, problems, count, taken)


def file_name(sweep: int | None, value: object) -> str:
    """What the file of a cell's test problems is called."""
    return "test" if sweep is None else f"test-{sweep}-{value}"


def _taken(study: StudyRecipe) -> set[str]:
    """Prompts of every problem that some seed of the study trains or validates on."""
    out: set[str] = set()
    for seed in {cell.recipe.seed for cell in cells(study)}:
        for split in recipe_problems(study.problems, seed):
            out |= {str(problem.prompt) for problem in split}
    return out


def _write(path: Path, config: ProblemsConfig, count: int, taken: set[str]) -> None:
    problems = [p for p in _drawn(config, count) if str(p.prompt) not in taken]
    if not problems:
        raise InputError(
            "study: no test problem is left that the runs do not train or validate on;"
            " give problems.test_path a file of its own, or fewer problems.test"
        )
    write_records(path, problems[:count])


def _drawn(config: ProblemsConfig, count: int) -> Sequence[Problem]:
    if config.source in GENERATORS:
        return [problem for problem, _ in generate(config, SEED, "test", int(count * SPARE))]
    _, held = recipe_problems(config.model_copy(update={"test": ALL}), SEED)
    return held


def read_tests(folder: Path, name: str, recipe: Recipe) -> list[Problem]:
    """The problems of one of the study's files as the recipe puts them; none where there is no such
    file."""
    path = folder / f"{name}.jsonl"
    found = read_problems(str(path)) if path.exists() else []
    return posed(found, put(recipe), source=recipe.problems.source)
