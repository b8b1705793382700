"""The model whose training is measured: a small one built from scratch, or a given one."""

from __future__ import annotations

import argparse
import random
import re
from pathlib import Path

# Ids of the small model's own characters; the first are special tokens.
CHARACTERS = range(2, 90)
WORD = re.compile(r" [A-Za-z]+")


def add_model(parser: argparse.ArgumentParser) -> None:
    """The option `--model`."""
    parser.add_argument(
        "--model", help="folder of a model; left out: a Qwen2 of 3.4 million parameters"
    )


def add_lora(parser: argparse.ArgumentParser) -> None:
    """The option `--lora-rank`."""
    parser.add_argument(
        "--lora-rank",
        type=int,
        default=0,
        help="train an adapter of this rank on all linear layers",
    )


def put_model(folder: Path, model: str | None, *, max_length: int) -> None:
    """Put `model` at `folder`/model, once."""
    from veritune.config import ScratchConfig
    from veritune.models import build_scratch, model_folder, save_policy

    place = folder / "model"
    if place.exists():
        return
    if model is not None:
        place.symlink_to(model_folder(model).resolve())
        return
    shape = ScratchConfig(layers=4, width=256, heads=4, max_length=max_length)
    save_policy(*build_scratch(shape, 0), place)


def put_adapter(folder: Path, rank: int) -> None:
    """Put a fresh adapter on `folder`/model at `folder`/adapter, where a rank is given."""
    from veritune.config import LoraConfig
    from veritune.models import save_adapter

    if rank:
        save_adapter(folder / "model", LoraConfig(rank=rank), 0, folder / "adapter")


def trained_folder(folder: Path, rank: int) -> Path:
    """What is trained: the model, or the adapter on it."""
    return folder / ("adapter" if rank else "model")


def random_rows(folder: Path, sizes: list[int]) -> list[list[int]]:
    """Rows of so many token ids each; the model's tokenizer reads what they spell as themselves."""
    from tokenizers import Tokenizer

    draw, ids = random.Random(0), list(CHARACTERS)
    tokenizer = Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))
    if tokenizer.get_vocab_size() > 2 * len(ids):
        # Whole words: a tokenizer of pieces puts characters together.
        words = [(i, tokenizer.decode([i])) for i in range(tokenizer.get_vocab_size())]
        ids = [i for i, word in words if WORD.fullmatch(word) and tokenizer.encode(word).ids == [i]]
    return [draw.choices(ids, k=size) for size in sizes]
