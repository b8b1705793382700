"""Parquet files as rows; pyarrow is loaded when one is read or written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

from veritune.errors import RecordError
from veritune.records import Record
from veritune.text import one_line, parse_json, writable

if TYPE_CHECKING:
    import pyarrow
    from _typeshed import DataclassInstance


def parquet_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(row number, JSON text) of every row; raises `RecordError`."""
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        table = pyarrow.parquet.ParquetFile(path)
        for batch in table.iter_batches(batch_size=ROWS):
            for row in batch.to_pylist():
                number += 1
                yield number, _row_text(path, number, row)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{path}: not a readable parquet file ({error})") from None


def _row_text(path: Path, number: int, row: dict[str, object]) -> str:
    try:
        return json.dumps(_unpacked(row), default=_as_text)
    except TypeError as error:  # Bytes have no form in JSON.
        raise RecordError(f"{path}:{number}: {error}") from None


def _as_text(value: object) -> str:
    """Dates and decimals as text."""
    if isinstance(value, bytes):
        raise TypeError("bytes, such as a picture, are not supported")
    return str(value)


# Columns whose cells are JSON text in parquet, since their shapes differ by row.
NESTED = (
    *("prompt", "reference", "metadata", "steps", "tests", "flags", "parts"),
    *("token_ids", "logprobs", "step_ends", "template_kwargs"),
)
# Columns that do not hold text.
NUMBERS = {
    **dict.fromkeys(("index", "round", "thinking"), "int64"),
    **dict.fromkeys(("score", "seconds", "cpu_ms", "peak_memory_mb"), "float64"),
}
# Rows of a parquet file that are held at once.
ROWS = 1024


def write_parquet(path: Path, records: Iterable[Record]) -> int:
    """One column for each field of the first record's class, in groups of a bounded size."""
    import pyarrow

    rest = iter(records)
    first = list(islice(rest, 1))
    schema = pyarrow.schema([column for one in first for column in _columns(one)])
    return _write_groups(path, map(_packed, chain(first, rest)), schema)


def write_joined(path: Path, rows: Iterable[Mapping[str, Record]]) -> int:
    """Rows of several records each: one nested column for a record, packed as in its own file."""
    import pyarrow

    rest = iter(rows)
    first = list(islice(rest, 1))
    columns = [(key, pyarrow.struct(_columns(one))) for row in first for key, one in row.items()]
    packed = ({key: _packed(one) for key, one in row.items()} for row in chain(first, rest))
    return _write_groups(path, packed, pyarrow.schema(columns))


def _columns(record: Record) -> list[tuple[str, str]]:
    names = [spec.name for spec in fields(cast("DataclassInstance", record))]
    return [(name, NUMBERS.get(name, "string")) for name in names]


def _packed(record: Record) -> dict[str, object]:
    row = record.to_json()
    out = {key: json.dumps(value) if key in NESTED else value for key, value in row.items()}
    return {key: writable(value) if isinstance(value, str) else value for key, value in out.items()}


def _is_packed(key: str, inner: object) -> bool:
    """Whether a cell was packed, and is no foreign text that happens to be JSON."""
    if key != "prompt":
        return isinstance(inner, dict | list)
    return isinstance(inner, str) or (
        isinstance(inner, list) and all(isinstance(one, dict) for one in inner)
    )


def _unpacked(row: dict[str, object]) -> dict[str, object]:
    """Nested values stand as JSON text in a parquet cell, since their shapes differ by row."""
    out: dict[str, object] = {}
    for key, value in row.items():
        if value is None and key != "score":
            continue
        if key in NESTED and isinstance(value, str):
            with suppress(ValueError):
                inner = parse_json(value, finite=False)
                value = inner if _is_packed(key, inner) else value
        out[key] = value
    return out


def write_nested(path: Path, rows: Iterable[Mapping[str, object]]) -> int:
    """Write rows of one shape, nested as they are; the first group gives the types.

    Raises `RecordError` for rows of several shapes.
    """
    import pyarrow

    try:
        return _write_groups(path, iter(rows), None)
    except pyarrow.ArrowException as error:
        why = one_line(str(error))
        raise RecordError(
            f"rows differ in shape, which parquet cannot hold; write .jsonl ({why})"
        ) from None


def _write_groups(
    path: Path, rows: Iterator[Mapping[str, object]], schema: pyarrow.Schema | None
) -> int:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pylist(list(islice(rows, ROWS)), schema=schema)
    count = 0
    with pyarrow.parquet.ParquetWriter(path, table.schema) as writer:
        while table.num_rows:
            writer.write_table(table)
            count += table.num_rows
            table = pyarrow.Table.from_pylist(list(islice(rows, ROWS)), schema=table.schema)
    return count
