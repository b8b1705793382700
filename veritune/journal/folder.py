"""A run's folder: its resolved recipe, and whether a recipe may go on with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from veritune.config import Recipe, check_recipe
from veritune.errors import JournalError, RecipeError, UnwritableError

FREE = {"name", "output", "threads", "tracker", "rounds.count", "verifier.workers", "sampler.batch"}
"""Keys that may differ on resume, since nothing drawn or learned follows from them."""


class RunFolder:
    """`output/name` with its `config.toml`; made on first use."""

    def __init__(self, recipe: Recipe) -> None:
        self.path = recipe.folder
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            self._remember(recipe)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnwritableError(
                f"{self.path}: cannot be written ({reason}); choose another --output"
            ) from None

    @property
    def checkpoints(self) -> Path:
        """Where the rounds' policies lie."""
        return self.path / "checkpoints"

    def checkpoint(self, round: int) -> Path:
        """The folder of the policy after a round."""
        return self.checkpoints / f"round-{round}"

    def _remember(self, recipe: Recipe) -> None:
        config = self.path / "config.toml"
        if config.exists():
            _refuse_another(self.path, saved_recipe(self.path), recipe)
        aside = self.path / ".config.toml"
        aside.write_text(to_toml(recipe))
        aside.replace(config)


def saved_recipe(folder: Path) -> Recipe:
    """The resolved recipe of a run on disk."""
    path = folder / "config.toml"
    try:
        return check_recipe(tomllib.loads(path.read_text()), str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, RecipeError):
            raise
        raise JournalError(f"{path}: cannot be read ({error})") from None


def to_toml(recipe: Recipe) -> str:
    """The resolved recipe as TOML; keys without a value are left out."""
    import tomli_w

    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def _refuse_another(folder: Path, there: Recipe, here: Recipe) -> None:
    old, new = _flat(there.model_dump(mode="json")), _flat(here.model_dump(mode="json"))
    for key in new:
        if key not in FREE and old.get(key) != new[key]:
            raise RecipeError(
                f"{folder}: holds a run of another recipe ({key} is {old.get(key)!r} there and"
                f" {new[key]!r} here); choose another --name, or delete that folder"
            )


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            out |= _flat(inner, f"{prefix}{key}.")
        else:
            out[prefix + key] = inner
    return out
