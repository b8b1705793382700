"""A checkpoint on disk is whole, or it is not there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from veritune.errors import UnwritableError, VerituneError
from veritune.models.hashing import policy_hash
from veritune.models.manifest import MANIFEST, write_manifest
from veritune.models.transformers_logging import silence_transformers
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# How libraries written in Rust end the message of a system error.
OS_ERROR = re.compile(r"\(os error (\d+)\)")


def save_policy(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
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
    with whole_folder(folder) as aside, ThreadPoolExecutor(2) as disk, silence_transformers():
        more = None if beside is None else disk.submit(beside, aside)
        _save_weights(model, aside, dtype)
        tokenizer.save_pretrained(aside)
        if more is not None:
            more.result()
        # The disk takes what is written while it is hashed.
        begun = [disk.submit(_sync, file) for file in aside.rglob("*")]
        policy = policy_hash(aside, known=write_manifest(aside))
        for file in begun:
            file.result()
    return Checkpoint(path=str(folder), policy=policy)


def _save_weights(model: PreTrainedModel, folder: Path, dtype: str | None) -> None:
    import torch

    wanted = model.dtype if dtype is None else getattr(torch, dtype)
    if wanted == model.dtype or hasattr(model, "peft_config"):
        model.save_pretrained(folder)
        return
    cast: dict[int, torch.Tensor] = {}  # By address: tied weights must stay one tensor.
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

    It has a name of its own, so that others may write the same folder meanwhile; the last one
    stays. A manifest is written where the body wrote none. Raises `UnwritableError`; then, and
    where the body raises, `folder` is as it was.
    """
    folder = Path(folder)
    handle: int | None = None
    aside = folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        aside, handle = _held_folder(folder)
        yield aside
        if not (aside / MANIFEST).exists():
            write_manifest(aside)
        _sync_tree(aside)
        _put(aside, folder)
    except BaseException as error:
        if handle is not None:
            shutil.rmtree(aside, ignore_errors=True)
        reason = disk_fault(error)
        if reason is None:
            raise
        raise UnwritableError(f"{folder}: cannot be written ({reason})") from None
    finally:
        if handle is not None:
            os.close(handle)


def disk_fault(error: BaseException) -> str | None:
    """What the disk or the file system refused; None for an error of another kind.

    Libraries in Rust (safetensors, tokenizers) raise errors of their own for it.
    """
    if isinstance(error, VerituneError):
        return None
    if isinstance(error, OSError):
        return error.strerror or str(error)
    number = OS_ERROR.search(str(error))
    return os.strerror(int(number[1])) if number else None


def remove_leftovers(folder: Path) -> None:
    """Remove what writers of `folder` left that were killed; those that live hold a lock.

    The folder's name may be a pattern.
    """
    remove_abandoned(folder.parent.glob(f".{folder.name}.*.partial"))


def remove_abandoned(folders: Iterable[Path]) -> None:
    """Remove those of these folders that no living process holds a lock of."""
    # Whoever lives holds the lock of its folder; only the dead leave one that can be taken.
    for leftover in folders:
        with suppress(OSError):
            handle = os.open(leftover, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(leftover, ignore_errors=True)
            finally:
                os.close(handle)


def _held_folder(folder: Path) -> tuple[Path, int]:
    """A new folder of a name of its own beside `folder`, and the lock that keeps it."""
    while True:
        aside = folder.with_name(f".{folder.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.partial")
        aside.mkdir()
        try:
            handle = os.open(aside, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # Taken for a leftover before it was locked.
        fcntl.flock(handle, fcntl.LOCK_EX)
        if aside.is_dir():
            return aside, handle
        os.close(handle)


def _put(aside: Path, folder: Path) -> None:
    """Give `aside` the name `folder`, whatever has it now."""
    while True:
        old = aside.with_suffix(".old.partial")
        with suppress(FileNotFoundError):
            folder.rename(old)
        try:
            aside.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            remove_folder(old)  # Another writer was here between the two.
            continue
        _sync(folder.parent)
        remove_folder(old)
        return


def remove_folder(folder: Path) -> None:
    """Remove a folder if it is there; its space, which takes longer, is given back in a thread."""
    held: list[int] = []
    if not folder.name.endswith(".partial"):
        # Under a name that is swept away later, so that nobody finds the half of it after a kill.
        going = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.partial")
        with suppress(OSError):
            folder = folder.rename(going)
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
