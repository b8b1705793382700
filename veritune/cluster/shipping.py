"""A policy's folder on its way to other machines: its files in Ray's object store, as bytes."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.errors import ModelError
from veritune.models import (
    MANIFEST,
    STATE,
    adapter_base,
    model_folder,
    policy_hash,
    remove_abandoned,
    whole_folder,
)
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from ray import ObjectRef

# Bytes of a file that are one object: a store that is smaller than the model then still takes it
# (Ray writes to disk what does not fit), and whoever reads has one piece in memory.
PIECE = 64 << 20
ADAPTER = "adapter_config.json"
PREFIX = "veritune-policies-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedPolicy:
    """The files of a policy by their names, in pieces; of an adapter its base's, too."""

    policy: str
    files: tuple[tuple[str, tuple[ObjectRef[bytes], ...]], ...]
    base: ShippedPolicy | None


def ship(folder: Path, policy: str, *, state: bool = False) -> ShippedPolicy:
    """Put a policy's folder into the object store, and its base's where it is an adapter.

    What its trainer resumes from stays here, unless its `state` is asked for.
    """
    name = adapter_base(folder)
    base = None
    if name is not None:
        place = model_folder(name)
        base = ship(place, policy_hash(place))
    return ShippedPolicy(policy=policy, files=put_files(folder, state=state), base=base)


def put_files(folder: Path, *, state: bool) -> tuple[tuple[str, tuple[ObjectRef[bytes], ...]], ...]:
    """The files of a folder as objects, by their names."""
    # The manifest counts the trainer's files, too, and an adapter names its base anew over there.
    files = [f for f in folder.iterdir() if f.is_file() and f.name != MANIFEST]
    if state:
        files += (f for f in (folder / STATE).rglob("*") if f.is_file())
    return tuple((f.relative_to(folder).as_posix(), tuple(_pieces(f))) for f in sorted(files))


def _pieces(file: Path) -> Iterator[ObjectRef[bytes]]:
    import ray

    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield ray.put(piece)


def receive(shipped: ShippedPolicy, place: Path) -> Checkpoint:
    """Write a policy into a folder of `place` that has its hash for a name, if it is not there.

    It is written aside and then renamed. Whoever loads it compares its content with its hash.
    """
    folder, base = place / shipped.policy, None
    if shipped.base is not None:
        base = receive(shipped.base, place)
    if not folder.is_dir():
        aside = place / f"{shipped.policy}.partial"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        _write_all(shipped, aside, None if base is None else base.path)
        aside.rename(folder)
    return Checkpoint(path=str(folder), policy=shipped.policy)


def bring(shipped: ShippedPolicy, out: Path, base: str | None) -> None:
    """Write a policy that was trained elsewhere as the whole folder `out`; `base`: its adapter's.

    Raises `ModelError` where it is not what it is called.
    """
    with whole_folder(out) as aside:
        _write_all(shipped, aside, base)
        if (found := policy_hash(aside)) != shipped.policy:
            raise ModelError(f"{out}: policy {found} came back, and {shipped.policy} was trained")


def _write_all(shipped: ShippedPolicy, folder: Path, base: str | None) -> None:
    for name, pieces in shipped.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _write(folder / name, pieces)
    if base is not None:
        _name_base(folder / ADAPTER, base)


def _write(file: Path, pieces: tuple[ObjectRef[bytes], ...]) -> None:
    import ray

    with file.open("wb") as stream:
        for piece in pieces:
            stream.write(ray.get(piece))


def _name_base(file: Path, path: str) -> None:
    config = json.loads(file.read_bytes())
    file.write_text(json.dumps(config | {"base_model_name_or_path": path}))


def names_of(shipped: ShippedPolicy) -> set[str]:
    """The folders that a policy has in a place."""
    return {shipped.policy} | ({shipped.base.policy} if shipped.base else set())


def forget_others(kept: Collection[str], place: Path) -> None:
    """Remove the folders of `place` that came before those that are `kept`."""
    for folder in place.iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def own_folder() -> tuple[Path, int]:
    """A folder of its own for policies, and the lock that says that its owner lives.

    Those whose owners were killed are removed.
    """
    remove_abandoned(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    place = Path(tempfile.mkdtemp(prefix=PREFIX))
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return place, handle
