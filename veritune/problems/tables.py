"""Rows of files that are no lines of JSON: one JSON text, CSV and TSV, folders of `datasets`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from veritune.errors import MissingFileError, RecordError
from veritune.files import BOM, LONGEST_LINE, iter_lines, open_file
from veritune.text import parse_json

# A row's number in its file, from 1, and the row, or what is wrong with it.
Numbered = tuple[int, "dict[str, object] | RecordError"]
# Keys of one JSON object under which files keep their rows.
LISTS = ("data", "rows", "examples", "problems", "questions", "instances", "train", "test")


def line_rows(path: Path) -> Iterator[Numbered]:
    """A JSON object a line; parquet rows come in the same way."""
    for number, line in iter_lines(path):
        try:
            yield number, as_row(parse_json(line, finite=False))
        except ValueError as error:
            yield number, RecordError(f"{path}:{number}: {error}")


def as_row(value: object) -> dict[str, object]:
    """A row as an object; a list is one of numbered values. Raises `ValueError`."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return {str(at): one for at, one in enumerate(value)}
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    inner = value.get("row")  # The hub's viewer wraps every row.
    return inner if isinstance(inner, dict) and "row_idx" in value else value


def json_rows(path: Path, split: str) -> Iterator[Numbered]:
    """The rows of one JSON text: a list, or a list in an object; or of lines of JSON after all."""
    try:
        values = _rows_of(_whole(path), path, split)
    except _LinesError:
        yield from line_rows(path)
        return
    for number, value in enumerate(values, 1):
        try:
            yield number, as_row(value)
        except ValueError as error:
            yield number, RecordError(f"{path}:{number}: {error}")


class _LinesError(Exception):
    """The text is one JSON value after another."""


def _whole(path: Path) -> object:
    text = _text(path)
    try:
        return parse_json(text, finite=False)
    except ValueError as error:
        first = text.lstrip().split("\n", 1)[0]
        if "Extra data" in str(error) and first.startswith("{"):
            with suppress(ValueError):
                parse_json(first, finite=False)
                raise _LinesError from None
        raise RecordError(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        with open_file(path) as stream:
            # 2 GiB: such a text is read whole, unlike lines.
            data = stream.read(LONGEST_LINE * 8)
            return data.removeprefix(BOM).decode()
    except UnicodeDecodeError:
        raise RecordError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        if isinstance(error, MissingFileError):
            raise
        raise RecordError(f"{path}: cannot be read ({error})") from None


def _rows_of(value: object, path: Path, split: str) -> list[object]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        for name in (split, *LISTS):
            if isinstance(value.get(name), list):
                return list(value[name])
        # Objects by id, then columns of equal length, then one row alone.
        inner = list(value.values())
        if inner and all(isinstance(one, dict) for one in inner):
            return [{"id": key, **one} for key, one in value.items()]
        if inner and all(isinstance(one, list) for one in inner) and len(set(map(len, inner))) == 1:
            return [dict(zip(value, cells, strict=True)) for cells in zip(*inner, strict=True)]
        if any(isinstance(one, str) for one in inner):
            return [value]
    raise RecordError(f"{path}: expected a JSON array of objects")


def csv_rows(path: Path) -> Iterator[Numbered]:
    """The rows under a line of column names; the number is that of the line where a row ends."""
    csv.field_size_limit(LONGEST_LINE)
    delimiter = "\t" if path.name.removesuffix(".zst").endswith(".tsv") else ","
    reader = csv.reader(io.StringIO(_text(path), newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(set(names)) < len(names) or not all(names):
            raise RecordError(f"{path}:1: expected a line of different column names, got {names}")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                yield (
                    reader.line_num,
                    RecordError(
                        f"{path}:{reader.line_num}: {len(cells)} cells, expected {len(names)}"
                    ),
                )
                continue
            yield reader.line_num, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise RecordError(f"{path}:{reader.line_num}: not valid CSV ({error})") from None


def is_saved(folder: Path) -> bool:
    """Whether a folder was written by `Dataset.save_to_disk` or `DatasetDict.save_to_disk`."""
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def saved_rows(folder: Path, split: str) -> Iterator[Numbered]:
    """The rows of such a folder; where it has no such split, those of the first."""
    import pyarrow

    place = _saved_split(folder, split)
    number = 0
    try:
        for file in json.loads((place / "state.json").read_text())["_data_files"]:
            with pyarrow.memory_map(str(place / file["filename"])) as source:
                for batch in pyarrow.ipc.open_stream(source):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, row
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{place}: not a readable folder of `save_to_disk` ({error})") from None


def _saved_split(folder: Path, split: str) -> Path:
    if not (folder / "dataset_dict.json").is_file():
        return folder
    try:
        splits = list(json.loads((folder / "dataset_dict.json").read_text())["splits"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{folder}/dataset_dict.json: cannot be read ({error})") from None
    if not splits:
        raise RecordError(f"{folder}: has no splits")
    return folder / (split if split in splits else splits[0])
