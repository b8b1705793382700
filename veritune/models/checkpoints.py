"""A checkpoint on disk is whole, or it is not there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from veritune.errors import UnwritableError
from veritune.models.hashing import policy_hash
from veritune.models.quiet import quiet_transformers
from veritune.records import Checkpoint


def save_policy(
    model: Any,
    tokenizer: Any,
    folder: Path,
    *,
    beside: Callable[[Path], None] | None = None,
    dtype: str | None = None,
) -> Checkpoint:
    """Write a normal Hugging Face folder (or PEFT adapter) so that it appears only when whole.

    A folder of that name is replaced. Leftovers of a save that was killed are removed. `beside`
    may write more into the folder, in a thread of its own: what a trainer resumes from, or a head.
    Weights are written in `dtype`, by default as they are; an adapter's always are.
    """
    with whole_folder(folder) as aside, ThreadPoolExecutor(2) as disk, quiet_transformers():
        more = None if beside is None else disk.submit(beside, aside)
        _save_weights(model, aside, dtype)
        tokenizer.save_pretrained(aside)
        if more is not None:
            more.result()
        # The disk takes what is written while the policy is named.
        begun = [disk.submit(_sync, file) for file in aside.rglob("*")]
        policy = policy_hash(aside)
        for file in begun:
            file.result()
    return Checkpoint(path=str(folder), policy=policy)


def _save_weights(model: Any, folder: Path, dtype: str | None) -> None:
    import torch

    wanted = model.dtype if dtype is None else getattr(torch, dtype)
    if wanted == model.dtype or hasattr(model, "peft_config"):
        model.save_pretrained(folder)
        return
    cast: dict[int, Any] = {}  # By address: tied weights must stay one tensor.
    state = {
        name: cast.setdefault(
            value.data_ptr(), value.to(wanted) if value.is_floating_point() else value
        )
        for name, value in model.state_dict().items()
    }
    model.save_pretrained(folder, state_dict=state)
    config = json.loads((folder / "config.json").read_text())
    text = json.dumps(config | {"dtype": dtype}, indent=2, sort_keys=True)
    (folder / "config.json").write_text(f"{text}\n")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A place to write what becomes `folder` at the end, replacing one that is there.

    Raises `UnwritableError`; then, and where the body raises, `folder` is as it was.
    """
    folder = Path(folder)
    aside = folder.with_name(f".{folder.name}.partial")
    old = folder.with_name(f".{folder.name}.old")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for leftover in (aside, old):
            shutil.rmtree(leftover, ignore_errors=True)
        aside.mkdir()
        yield aside
        _sync_tree(aside)
        if folder.exists():
            folder.rename(old)
        aside.rename(folder)
        _sync(folder.parent)
        remove_folder(old)
    except OSError as error:
        raise UnwritableError(f"{folder}: cannot be written ({error.strerror or error})") from None


def remove_folder(folder: Path) -> None:
    """Remove a folder if it is there; its space, which takes longer, is given back in a thread."""
    held: list[int] = []
    with suppress(OSError):
        held += (os.open(file, os.O_RDONLY) for file in folder.rglob("*") if file.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    if held:
        Thread(target=_close, args=[held]).start()


def _close(handles: Iterable[int]) -> None:
    for handle in handles:
        os.close(handle)


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
