"""What a saved folder holds: `manifest.json` names every file in it by its hash, and who made it.

A folder with a manifest proves itself: whatever was changed, lost or put beside it is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from veritune.errors import ModelError
from veritune.models.hashing import file_digest

MANIFEST = "manifest.json"
# Endings of the files that loaders read: none may stand beside those that were saved.
READ = {".json", ".safetensors", ".bin", ".jinja", ".model", ".txt"}
Maker = Mapping[str, str | int]
_MAKER: ContextVar[Maker] = ContextVar("maker", default={})  # noqa: B039


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` gives the sha256 of every file by its path in the folder; `text` is the whole."""

    made_by: Maker
    files: Mapping[str, str]
    text: str


@contextmanager
def made_by(**maker: str | int) -> Iterator[None]:
    """Inside, the folders that are saved say that this made them."""
    token = _MAKER.set(maker)
    try:
        yield
    finally:
        _MAKER.reset(token)


def write_manifest(folder: Path) -> dict[str, str]:
    """Write the manifest of what is in `folder`; returns the files' hashes."""
    files = _digests(folder)
    text = _text(dict(_MAKER.get()), files)
    (folder / MANIFEST).write_text(text)
    return files


def folder_manifest(folder: Path) -> str:
    """The manifest that a folder of somebody else's would have: of what loaders read there."""
    files = (file for file in folder.iterdir() if file.suffix in READ and file.is_file())
    return _text({}, {file.name: file_digest(file) for file in sorted(files)})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; raises `ModelError` where there is none, or a damaged one."""
    path = folder / MANIFEST
    try:
        text = path.read_text()
        found: dict[str, dict[str, str]] = json.loads(text)
        if text != _text(found["made_by"], found["files"]):
            raise ValueError("its own hash is another")
    except FileNotFoundError:
        what = "missing" if folder.is_dir() else "missing, as is its folder"
        raise ModelError(f"{path}: {what}; nothing says that the folder is whole") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: damaged ({error})") from None
    return Manifest(found["made_by"], found["files"], text)


def check_folder(folder: Path) -> Manifest:
    """The manifest of a folder that holds what it says; else raises `ModelError`."""
    manifest = read_manifest(folder)
    here = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()} - {MANIFEST}
    if lost := sorted(set(manifest.files) - here):
        raise ModelError(f"{folder / lost[0]}: missing")
    if more := sorted(n for n in here - set(manifest.files) if Path(n).suffix in READ):
        raise ModelError(f"{folder / more[0]}: not of this checkpoint")
    with ThreadPoolExecutor(2) as disk:
        # In order, so that of several faults the same one is named.
        names = sorted(manifest.files)
        found = disk.map(file_digest, (folder / name for name in names))
        for name, digest in zip(names, found, strict=True):
            if digest != manifest.files[name]:
                raise ModelError(f"{folder / name}: damaged; it is not what was saved")
    return manifest


def check_saved(folder: Path) -> None:
    """Raise `ModelError` where a folder that was saved here is not what was saved.

    A folder of somebody else's has no manifest, and nothing to compare it with.
    """
    if not (folder / MANIFEST).is_file():
        return
    try:
        check_folder(folder)
    except ModelError as error:
        raise ModelError(
            f"{error}; copy the folder again, or remove its {MANIFEST} if you changed it yourself"
        ) from None


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != MANIFEST)
    with ThreadPoolExecutor(2) as disk:
        return {
            str(f.relative_to(folder)): d
            for f, d in zip(files, disk.map(file_digest, files), strict=True)
        }


def _text(maker: Maker, files: Mapping[str, str]) -> str:
    body = json.dumps({"made_by": maker, "files": files}, indent=1, sort_keys=True)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return json.dumps(
        {"made_by": maker, "files": files, "sha256": digest}, indent=1, sort_keys=True
    )
