"""Rows of a data set from a file, a folder or a hub name, each with the place it stands at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from veritune.errors import InputError, MissingFileError, RecordError
from veritune.files import BOM, iter_rows, open_file
from veritune.records import first_problem
from veritune.text import parse_json

DatasetRow = tuple[str, dict[str, Any]]
T = TypeVar("T")
SUFFIXES = (".jsonl", ".jsonl.zst", ".json", ".parquet")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def read_rows(path: str, split: str, config: str | None = None) -> Iterator[DatasetRow]:
    """(place, row) pairs. A file is one split; `split` picks in a folder or a hub data set.

    `config` is the hub data set's configuration where it has several.
    """
    place = Path(path)
    if os.path.isdir(place):
        yield from _file_rows(_file_of(place, split))
    elif os.path.exists(place) or not _looks_like_hub_name(path):
        yield from _file_rows(place)
    else:
        yield from _hub_rows(path, config, split)


def checked(adapter: TypeAdapter[T], where: str, row: dict[str, object]) -> T:
    """A row in its shape; raises `RecordError` naming the place and the key."""
    try:
        return adapter.validate_python(row)
    except ValidationError as error:
        raise RecordError(f"{where}: {first_problem(error)}") from None


def _looks_like_hub_name(path: str) -> bool:
    return _HUB_NAME.fullmatch(path) is not None and not path.endswith(SUFFIXES)


def _file_rows(path: Path) -> Iterator[DatasetRow]:
    empty = True
    rows = _array_rows(path) if path.suffix == ".json" else iter_rows(path)
    for number, row in rows:
        empty = False
        yield f"{path}:{number}", row
    if empty:
        raise RecordError(f"{path}: empty; expected one problem a line")


def _array_rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """The objects of one JSON array, numbered from 1."""
    try:
        with open_file(path) as stream:
            rows = parse_json(stream.read().removeprefix(BOM), finite=False)
    except UnicodeDecodeError:
        raise RecordError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        if isinstance(error, MissingFileError):
            raise
        raise RecordError(f"{path}: cannot be read ({error})") from None
    except ValueError as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{path}: {error}") from None
    if not isinstance(rows, list):
        raise RecordError(f"{path}: expected a JSON array of objects")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise RecordError(f"{path}:{number}: expected a JSON object")
        yield number, row


def _file_of(folder: Path, split: str) -> Path:
    """The file of a split: the one named for it, else the folder's only data file."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name.endswith(SUFFIXES))
    named = [file for file in files if split in re.split(r"[^a-z]+", file.name.lower())]
    found = named or files
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(file.relative_to(folder)) for file in found[:6]) or "none"
    raise MissingFileError(
        f"{folder}: expected one data file for the {split} split, found {names}; give a file"
    )


def _hub_rows(name: str, config: str | None, split: str) -> Iterator[DatasetRow]:
    try:
        from datasets import get_dataset_split_names, load_dataset

        splits = get_dataset_split_names(name, config)
        chosen = split if split in splits else splits[0]
        rows = load_dataset(name, config, split=chosen)
    except Exception as error:  # the hub library has no base class for what goes wrong
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise InputError(
            f"{name}: no such file, and not loaded as a hub data set ({reason})"
        ) from None
    for number, row in enumerate(rows, 1):
        yield f"{name}:{number}", row
