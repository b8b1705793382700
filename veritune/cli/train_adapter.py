"""`veritune train adapter` and `veritune train merge`: between a model and an adapter on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.config import Count, Frozen, LoraConfig, Positive
from veritune.errors import RecipeError


class AdapterArguments(LoraConfig):
    """Put a fresh adapter on a model; its folder is a --model for every trainer and sampler."""

    model: str
    """Hugging Face folder or hub name of the base model."""
    out: str
    """Folder of the adapter; it must not exist."""
    rank: Positive = 16
    """Rank of the adapters."""
    seed: Count = 0
    """The adapter's first weights follow from this."""


class MergeArguments(Frozen):
    """Write an adapter and its base as one model."""

    model: str
    """Folder of the adapter."""
    out: str
    """Folder of the result; it must not exist."""


def make_adapter(argv: Sequence[str]) -> int:
    """`veritune train adapter`."""
    arguments = parse(AdapterArguments, argv, prog="veritune train adapter")
    out = _new(arguments.out)
    from veritune.models import save_adapter

    made = save_adapter(arguments.model, arguments, arguments.seed, out)
    TerminalProgress().say(
        f"{made.path} holds a fresh adapter on {arguments.model}, policy {made.policy}"
    )
    return 0


def merge(argv: Sequence[str]) -> int:
    """`veritune train merge`."""
    arguments = parse(MergeArguments, argv, prog="veritune train merge")
    out = _new(arguments.out)
    from veritune.models import merge_adapter

    made = merge_adapter(arguments.model, out)
    TerminalProgress().say(f"{made.path} holds the merged policy {made.policy}")
    return 0


def _new(out: str) -> Path:
    if Path(out).exists():
        raise RecipeError(f"--out: {out} exists; name a new folder")
    return Path(out)
