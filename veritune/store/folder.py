"""A run's folder: where its files are, and what of its recipe may change when it is resumed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from veritune.config import Recipe
from veritune.errors import RecipeError, UnwritableError

# Keys that may change on resume: how much is run and where, how it is measured and shown, and with
# which engine and memory. Which policy is trained on what follows from the others.
FREE = {
    *("name", "output", "threads", "tracker"),
    *("rounds.count", "rounds.save_every", "rounds.keep_checkpoints", "verifier.workers"),
    *("evaluation.n", "evaluation.k", "evaluation.every"),
    *(
        "sampler.type",
        "sampler.max_num_seqs",
        "sampler.gpu_memory_utilization",
        "sampler.tensor_parallel_size",
        "sampler.url",
        "sampler.model",
    ),
    *("cluster.address", "cluster.samplers", "cluster.verifiers", "cluster.sampler_gpus"),
    *("cluster.trainers", "cluster.trainer_gpus"),
    *("trainer.micro_batch_size", "trainer.activation_checkpointing", "trainer.save_every"),
    "trainer.offload",
}
# Without leading zeros, so that no two names mean one round.
CHECKPOINT = re.compile(r"round-([1-9]\d*)")


class RunFolder:
    """`output/name` of a recipe; nothing is written but by `make`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder where it is not there; raises `UnwritableError`."""
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableError(
                f"{self.path}: cannot be written ({error.strerror}); choose another --output"
            ) from None

    @property
    def config(self) -> Path:
        """The resolved recipe."""
        return self.path / "config.toml"

    @property
    def metrics(self) -> Path:
        """The journal's measurements as a file."""
        return self.path / "metrics.jsonl"

    @property
    def journal(self) -> Path:
        """The journal's database."""
        return self.path / "journal.sqlite"

    @property
    def checkpoints(self) -> Path:
        """Where the rounds' policies lie."""
        return self.path / "checkpoints"

    @property
    def between(self) -> Path:
        """The policy of a round without a checkpoint, for the engine alone."""
        return self.checkpoints / ".between"

    def checkpoint(self, round: int) -> Path:
        """The folder of the policy after a round."""
        return self.checkpoints / f"round-{round}"

    def rounds(self) -> list[int]:
        """The rounds that have a checkpoint's folder, in order."""
        return sorted(int(found[1]) for found in self._names())

    def foreign(self) -> list[Path]:
        """What lies beside the checkpoints and has not the name of one."""
        paths = self.checkpoints.glob("*") if self.checkpoints.is_dir() else ()
        return sorted(p for p in paths if p.name[0] != "." and not CHECKPOINT.fullmatch(p.name))

    def _names(self) -> Iterator[re.Match[str]]:
        paths = self.checkpoints.glob("round-*") if self.checkpoints.is_dir() else ()
        found = (CHECKPOINT.fullmatch(path.name) for path in paths)
        return (match for match in found if match)


def to_toml(recipe: Recipe) -> str:
    """The resolved recipe as TOML; keys without a value are left out."""
    import tomli_w

    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def changed_keys(folder: Path, saved: str, recipe: Recipe) -> list[str]:
    """What a resumed run changes of its saved recipe, a text `key old -> new` each.

    Raises `RecipeError` for a key that may not change.
    """
    old, new = flat(tomllib.loads(saved)), flat(tomllib.loads(to_toml(recipe)))
    changed = [key for key in sorted(old | new) if old.get(key) != new.get(key)]
    for key in changed:
        if key not in FREE:
            raise RecipeError(
                f"{folder}: holds a run of another recipe ({key} is {old.get(key)!r} there and"
                f" {new.get(key)!r} here); choose another --name, or delete that folder"
            )
    return [
        f"{key} {old.get(key)!r} -> {new.get(key)!r}"
        for key in changed
        if key not in ("name", "output")
    ]


def flat(value: dict[str, object], prefix: str = "") -> dict[str, object]:
    """A recipe's values by their whole keys, such as `sampler.n`."""
    out: dict[str, object] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            out |= flat(inner, f"{prefix}{key}.")
        else:
            out[prefix + key] = inner
    return out
