"""Recipes: strict, frozen, and refused in one line that says how to fix them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from veritune.benchmarks.supervision.plan import StudyRecipe
from veritune.config import Recipe, load_recipe, load_recipe_as
from veritune.errors import InputError, MissingFileError, RecipeError
from veritune.journal.folder import to_toml

RECIPES = Path(__file__).resolve().parents[1] / "recipes"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_recipe_is_valid(path: Path) -> None:
    kind = StudyRecipe if path.stem.startswith("supervision") else Recipe
    assert load_recipe_as(kind, path).name == path.stem


def test_resolved_recipe_reads_back_the_same(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "demo-math.toml")
    path = tmp_path / "r.toml"
    path.write_text(to_toml(recipe))
    assert load_recipe(path) == recipe


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[sampler]\ntemprature = 1.0",
            "sampler.temprature: unknown key; did you mean 'temperature'?",
        ),
        ("[smapler]\nn = 1", "smapler: unknown key; did you mean 'sampler'?"),
        ("[sampler]\nn = 'many'", "sampler.n:"),
        ("[sampler]\nn = 0", "sampler.n: input should be greater than 0 (got 0)"),
        ("[evaluation]\nn = 2\nk = 3", "evaluation: k (3) must be at most n (2)"),
        ("[model.scratch]\nheads = 3", "must be a multiple of"),
        ("name = '../up'", "name:"),
        ("[selection]\nreward = 'vibes'", "selection.reward:"),
        ("name = ", "not valid TOML"),
    ],
)
def test_bad_recipe_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_binary_and_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such recipe"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="not UTF-8"):
        load_recipe(tmp_path / "b.toml")
    with pytest.raises(InputError, match="is a folder"):
        load_recipe(tmp_path)


def test_recipe_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Recipe().seed = 3  # type: ignore[misc]
