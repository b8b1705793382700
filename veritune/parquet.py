"""Parquet files as rows; pyarrow is loaded when one is read or written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

from veritune.errors import RecordError
from veritune.records import Record
from veritune.text import parse_json, writable

if TYPE_CHECKING:
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
    *("token_ids", "logprobs"),
)
# Columns that do not hold text.
NUMBERS = {
    **dict.fromkeys(("index", "round"), "int64"),
    **dict.fromkeys(("score", "seconds", "cpu_ms", "peak_memory_mb"), "float64"),
}
# Rows of a parquet file that are held at once.
ROWS = 1024


def write_parquet(path: Path, records: Iterable[Record]) -> int:
    """One column for each field of the first record's class, in groups of a bounded size."""
    import pyarrow
    import pyarrow.parquet

    count, rest = 0, iter(records)
    rows = list(islice(rest, ROWS))
    keys = [spec.name for spec in fields(cast("DataclassInstance", rows[0]))] if rows else []
    schema = pyarrow.schema([(key, NUMBERS.get(key, "string")) for key in keys])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while rows:
            packed = [_packed(record.to_json()) for record in rows]
            columns = {key: [row.get(key) for row in packed] for key in keys}
            writer.write_table(pyarrow.table(columns, schema))
            count += len(rows)
            rows = list(islice(rest, ROWS))
    return count


def _packed(row: dict[str, object]) -> dict[str, object]:
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
    """Write rows of one shape, nested as they are; the first group gives the types."""
    import pyarrow
    import pyarrow.parquet

    count, rest = 0, iter(rows)
    table = pyarrow.Table.from_pylist(list(islice(rest, ROWS)))
    with pyarrow.parquet.ParquetWriter(path, table.schema) as writer:
        while table.num_rows:
            writer.write_table(table)
            count += table.num_rows
            table = pyarrow.Table.from_pylist(list(islice(rest, ROWS)), schema=table.schema)
    return count
