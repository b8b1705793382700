"""`veritune bench supervision RECIPE.toml`: outcome against process supervision, measured."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.config import Count, Frozen, Positive, load_recipe_as
from veritune.errors import RecipeError


class SupervisionArguments(Frozen):
    """Run a study's arms over several seeds, and write the page that shows the results."""

    quick: bool = False
    """The main arms and the recipe's own over three seeds, two rounds and fewer problems."""
    workers: Count = 0
    """Runs side by side; 0 means one a core."""
    name: str | None = None
    """Another name for the study's folder."""
    output: str | None = None
    """Another folder for studies."""
    seeds: Positive | None = None
    """Another number of seeds."""
    arms: tuple[str, ...] = Field(default=())
    """Other arms; contrasts that name an arm left out are left out as well."""
    judge_url: str | None = None
    """An OpenAI-compatible server, such as http://localhost:8000/v1: adds the arm `judge`, which
    selects by its verdicts alone."""
    reward_model: str | None = None
    """A process reward model: adds the arm `reward-model`, which selects by its step labels."""


def main(argv: Sequence[str]) -> int:
    """Run the study, or resume it; exit code 1 where a run failed."""
    if argv and argv[0] in ("-h", "--help"):
        parse(SupervisionArguments, ["--help"], prog="veritune bench supervision RECIPE.toml")
    if not argv or argv[0].startswith("-"):
        raise RecipeError("name the recipe first: veritune bench supervision RECIPE.toml ...")
    arguments = parse(SupervisionArguments, argv[1:], prog="veritune bench supervision")
    from veritune.benchmarks import StudyRecipe, narrowed, run_study, write_page

    study = narrowed(
        load_recipe_as(StudyRecipe, Path(argv[0])),
        quick=arguments.quick,
        arms=arguments.arms,
        seeds=arguments.seeds,
        name=arguments.name,
        output=arguments.output,
        judge_url=arguments.judge_url,
        reward_model=arguments.reward_model,
    )
    progress = TerminalProgress(f"{study.name}: study")
    failed = run_study(study, arguments.workers or os.cpu_count() or 1, progress)
    page = write_page(study, failed)
    progress.say(f"everything is in {page.parent}; the write-up is {page}")
    return 1 if failed else 0
