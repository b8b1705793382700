"""A policy's folder on its way to other machines: its files in Ray's object store, as bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.models import MANIFEST, adapter_base, model_folder, policy_hash
from veritune.records import Checkpoint

if TYPE_CHECKING:
    from ray import ObjectRef

# Bytes of a file that are one object: a store that is smaller than the model then still takes it
# (Ray writes to disk what does not fit), and whoever reads has one piece in memory.
PIECE = 64 << 20
ADAPTER = "adapter_config.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedPolicy:
    """The files of a policy by their names, in pieces; of an adapter its base's, too."""

    policy: str
    files: tuple[tuple[str, tuple[ObjectRef[bytes], ...]], ...]
    base: ShippedPolicy | None


def ship(folder: Path, policy: str) -> ShippedPolicy:
    """Put what samplers read of a policy's folder into the object store.

    What its trainer resumes from lies in a folder of its own, and stays here.
    """
    name = adapter_base(folder)
    base = None
    if name is not None:
        place = model_folder(name)
        base = ship(place, policy_hash(place))
    # The manifest counts the trainer's files, too, and an adapter names its base anew over there.
    files = sorted(f for f in folder.iterdir() if f.is_file() and f.name != MANIFEST)
    return ShippedPolicy(
        policy=policy, files=tuple((f.name, tuple(_pieces(f))) for f in files), base=base
    )


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
        for name, pieces in shipped.files:
            _write(aside / name, pieces)
        if base is not None:
            _name_base(aside / ADAPTER, base.path)
        aside.rename(folder)
    return Checkpoint(path=str(folder), policy=shipped.policy)


def _write(file: Path, pieces: tuple[ObjectRef[bytes], ...]) -> None:
    import ray

    with file.open("wb") as stream:
        for piece in pieces:
            stream.write(ray.get(piece))


def _name_base(file: Path, path: str) -> None:
    config = json.loads(file.read_bytes())
    file.write_text(json.dumps(config | {"base_model_name_or_path": path}))


def forget_others(shipped: ShippedPolicy, place: Path) -> None:
    """Remove the policies of `place` that came before this one."""
    kept = {shipped.policy, shipped.base.policy if shipped.base else ""}
    for folder in place.iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
