"""`veritune demo [--real]`: the story end to end, on any laptop, from recipes that come with
veritune."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import veritune
from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress, percent
from veritune.cli.run import execute
from veritune.config import Frozen, Recipe, load_recipe
from veritune.records import rate

ARMS = ("demonstrations", "outcome", "process")
# As the study names the same arm.
NAMES = {"demonstrations": "more-sft"}
REAL_ARMS = ("random", "outcome")
REAL_MODEL = "smollm2-135m"


class DemoArguments(Frozen):
    """Math with three kinds of supervision from one start, then code; ends with a report."""

    real: bool = False
    """A pretrained model instead, SmolLM2-135M-Instruct, which is fetched into `models`: code that
    it is asked for in plain English, learned from what passed, and from as much at random."""
    recipes: str = ""
    """Folder with the demo's recipes, if not those that come with veritune."""
    output: str = "runs"
    """Folder that holds runs."""


def main(argv: Sequence[str]) -> int:
    """Run the demo's recipes, then write the report over all of them."""
    arguments = parse(DemoArguments, argv, prog="veritune demo")
    from veritune.models import fetch_model, give_memory_back
    from veritune.viewer import write_report

    progress = TerminalProgress()
    made = real_recipes if arguments.real else demo_recipes
    recipes = made(Path(arguments.recipes or _shipped()), arguments.output)
    if arguments.real:
        fetch_model(REAL_MODEL, recipes[0].model.path, progress.say)
    for number, recipe in enumerate(recipes, 1):
        progress.say(f"\n[{number}/{len(recipes)}] {recipe.name}")
        execute(recipe)
        give_memory_back()
    page = "demo-real-report.html" if arguments.real else "demo-report.html"
    # It opens on its first run, and the control is no result.
    folders = [recipe.folder for recipe in reversed(recipes)]
    out = write_report(folders, Path(arguments.output) / page)
    progress.say("")
    for recipe in recipes:
        progress.say(_summary(recipe))
    progress.say(f"\nreport: {out}")
    progress.say(f"every candidate, in the browser: veritune view {arguments.output}")
    return 0


def demo_recipes(folder: Path, output: str) -> list[Recipe]:
    """The math arms, which differ in nothing but their selection, and the code run."""
    math, code = load_recipe(folder / "demo-math.toml"), load_recipe(folder / "demo-code.toml")
    arms = [_arm(math, reward, output) for reward in ARMS]
    return [*arms, code.model_copy(update={"output": output})]


def real_recipes(folder: Path, output: str) -> list[Recipe]:
    """The pretrained model's arms: the control, and what passed."""
    real = load_recipe(folder / "demo-real.toml")
    return [_arm(real, reward, output) for reward in REAL_ARMS]


def _arm(recipe: Recipe, reward: str, output: str) -> Recipe:
    """The recipe with another selection, under that one's name."""
    changed: dict[str, object] = {
        "name": f"{recipe.name}-{NAMES.get(reward, reward)}",
        "output": output,
        "selection": recipe.selection.model_copy(update={"reward": reward}),
    }
    return recipe.model_copy(update=changed)


def _shipped() -> Path:
    """The recipes in the installed package, or beside it in a checkout."""
    package = Path(veritune.__file__).parent
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def _summary(recipe: Recipe) -> str:
    from veritune.store import Store

    with Store.open(recipe.folder, read_only=True) as store:
        rows = store.evaluations()
    first, last = rows[0], rows[-1]
    trace = rate(last, "trace_error")
    wrong = "" if trace is None else f"; wrong steps behind right answers {percent(trace)}"
    return (
        f"{recipe.name:<20} pass@1 {percent(rate(first, 'pass_at_1')):>6} ->"
        f" {percent(rate(last, 'pass_at_1')):>6}{wrong}"
    )
