"""A checkpoint on disk is whole, or it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from veritune.errors import UnwritableError
from veritune.models.hashing import policy_hash
from veritune.models.quiet import quiet_transformers
from veritune.records import Checkpoint


def save_policy(model: Any, tokenizer: Any, folder: Path) -> Checkpoint:
    """Write a normal Hugging Face folder (or PEFT adapter) so that it appears only when whole.

    A folder of that name is replaced. Leftovers of a save that was killed are removed.
    """
    folder = Path(folder)
    aside = folder.with_name(f".{folder.name}.partial")
    old = folder.with_name(f".{folder.name}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for leftover in (aside, old):
            shutil.rmtree(leftover, ignore_errors=True)
        with quiet_transformers():
            model.save_pretrained(aside)
            tokenizer.save_pretrained(aside)
        _sync_tree(aside)
        policy = policy_hash(aside)
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        _sync(folder.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UnwritableError(f"{folder}: cannot be written ({error.strerror or error})") from None
    return Checkpoint(path=str(folder), policy=policy)


def _sync_tree(folder: Path) -> None:
    for file in folder.rglob("*"):
        _sync(file)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
