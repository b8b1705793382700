"""Rows of a data set from a file, a folder or a hub name, each with the place it stands at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from veritune.errors import InputError, MissingFileError, RecordError
from veritune.problems.hub import hub_rows
from veritune.problems.tables import Numbered, csv_rows, is_saved, json_rows, line_rows, saved_rows
from veritune.records import first_problem

DatasetRow = tuple[str, dict[str, object]]
# A row with its place, or what is wrong there.
ReadRow = tuple[str, "dict[str, object] | RecordError"]
T = TypeVar("T")
_KINDS = (".jsonl", ".ndjson", ".json", ".parquet", ".csv", ".tsv")
SUFFIXES = (*_KINDS, *(f"{kind}.zst" for kind in _KINDS if kind != ".parquet"))
# What people also keep tables in.
OTHERS = (".xlsx", ".xls", ".ods", ".pkl", ".pickle", ".arrow", ".feather", ".zip", ".gz", ".yaml")
# `owner/name[:configuration[:split]][@revision]`; one without an owner is taken for a file that is
# not there.
_HUB_NAME = re.compile(
    r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?::([\w.-]+)(?::([\w.-]+))?)?(?:@([\w./-]+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsPlace:
    """Where rows are: `path` is a file, a folder or a hub name.

    A file is one split; `split` picks in a folder or a hub data set. `config` and `revision` are
    the hub data set's.
    """

    path: str
    split: str
    config: str | None = None
    revision: str | None = None


def read_rows(path: str, split: str, config: str | None = None) -> Iterator[DatasetRow]:
    """(place, row) pairs; raises `RecordError` at the first row that is not right."""
    for where, row in all_rows(RowsPlace(path=path, split=split, config=config)):
        if isinstance(row, RecordError):
            raise row
        yield where, row


def all_rows(place: RowsPlace) -> Iterator[ReadRow]:
    """As `read_rows`; a row that is not right comes as its error, and others follow."""
    path = Path(place.path)
    if os.path.isdir(path):
        if is_saved(path):
            yield from _named(str(path), saved_rows(path, place.split))
        else:
            yield from _file_rows(_file_of(path, place.split), place.split)
    elif os.path.exists(path) or not _looks_like_hub_name(place.path):
        yield from _file_rows(path, place.split)
    else:
        yield from _hub_rows(place)


def check_there(paths: Iterable[str | None]) -> None:
    """Raise `MissingFileError` for a path that is none, and no hub name either."""
    for path in filter(None, paths):
        if not os.path.exists(path) and not _looks_like_hub_name(path):
            here = f" (relative to the current folder, {Path.cwd()})"
            raise MissingFileError(f"{path}: no such file{'' if os.path.isabs(path) else here}")


def checked(adapter: TypeAdapter[T], where: str, row: dict[str, object]) -> T:
    """A row in its shape; raises `RecordError` naming the place and the key."""
    try:
        return adapter.validate_python(row)
    except ValidationError as error:
        raise RecordError(f"{where}: {first_problem(error)}") from None


def _looks_like_hub_name(path: str) -> bool:
    return _HUB_NAME.fullmatch(path) is not None and not path.endswith(SUFFIXES)


def _file_rows(path: Path, split: str) -> Iterator[ReadRow]:
    kind = Path(path.name.removesuffix(".zst")).suffix
    if kind == ".json":
        rows = json_rows(path, split)
    else:
        if kind.lower() in OTHERS:
            raise InputError(
                f"{path}: {kind} is not read; save it as .csv, .jsonl or .parquet, and give that"
            )
        rows = csv_rows(path) if kind in (".csv", ".tsv") else line_rows(path)
    return _named(str(path), rows)


def _named(name: str, rows: Iterator[Numbered]) -> Iterator[ReadRow]:
    empty = True
    for number, row in rows:
        empty = False
        yield f"{name}:{number}", row
    if empty:
        raise RecordError(f"{name}: empty; expected one problem a line")


def _file_of(folder: Path, split: str) -> Path:
    """The file of a split: the one named for it, else the folder's only data file."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name.endswith(SUFFIXES))
    # By whole words: "test" is not in "latest.jsonl".
    named = [file for file in files if split in re.split(r"[^a-z]+", file.name.lower())]
    found = named or files
    if len(found) == 1:
        return found[0]
    names = ", ".join(str(file.relative_to(folder)) for file in found[:6]) or "none"
    raise MissingFileError(
        f"{folder}: expected one data file for the {split} split, found {names}; give a file"
    )


def _hub_place(place: RowsPlace) -> RowsPlace:
    """The place with what its hub name says of configuration, split and revision."""
    found = _HUB_NAME.fullmatch(place.path)
    assert found is not None
    name, config, split, revision = found.groups()
    return RowsPlace(
        path=name,
        split=split or place.split,
        config=config or place.config,
        revision=revision or place.revision,
    )


def _hub_rows(place: RowsPlace) -> Iterator[ReadRow]:
    whole = place.path
    place = _hub_place(place)
    rows = hub_rows(place.path, place.config, place.split, place.revision)
    for number, row in enumerate(rows, 1):
        yield f"{whole}:{number}", row
