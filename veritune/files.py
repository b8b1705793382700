"""Record files: `.jsonl`, `.jsonl.zst` and `.parquet`, in and out.

A bad line is refused with the file, the line number and what is wrong with it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from veritune.errors import MissingFileError, RecordError, UnwritableError
from veritune.records import Record

R = TypeVar("R", bound=Record)


def read_records(path: str | Path, shape: type[R]) -> list[R]:
    """All records of a file; an empty file is refused."""
    records = list(iter_records(path, shape))
    if not records:
        raise RecordError(f"{path}: empty; expected one {shape.__name__} a line")
    return records


def iter_records(path: str | Path, shape: type[R]) -> Iterator[R]:
    """The records of a file one by one, in bounded memory."""
    for number, line in iter_lines(path):
        try:
            yield shape.from_line(line)
        except RecordError as error:
            raise RecordError(f"{path}:{number}: {error}") from None


def iter_rows(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, JSON object) for files of foreign shapes."""
    for number, line in iter_lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RecordError(f"{path}:{number}: not valid JSON: {error}") from None
        if not isinstance(row, dict):
            raise RecordError(f"{path}:{number}: expected a JSON object")
        yield number, row


def iter_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """(line number, text) of the lines that are not blank; parquet rows come as JSON text."""
    path = Path(path)
    if path.suffix == ".parquet":
        yield from _parquet_lines(path)
        return
    with _open(path) as stream:
        number = 0
        try:
            for number, raw in enumerate(stream, 1):
                line = raw.decode()
                if line.strip():
                    yield number, line
        except UnicodeDecodeError:
            raise RecordError(f"{path}:{number}: not UTF-8 text") from None
        except OSError as error:
            raise RecordError(f"{path}: cannot be read ({error})") from None


def write_records(path: str | Path, records: Iterable[Record]) -> int:
    """Write records so that the file appears only when whole; returns how many."""
    path = Path(path)
    count = 0
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix == ".parquet":
            count = _write_parquet(aside, records)
        else:
            with _create(aside, compress=path.suffix == ".zst") as stream:
                for record in records:
                    stream.write(record.to_line().encode() + b"\n")
                    count += 1
        os.replace(aside, path)
    except OSError as error:
        raise UnwritableError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
    return count


def write_text(path: Path, text: str) -> None:
    """Write a text file so that it appears only when whole, and outlives a power cut."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise UnwritableError(f"{path}: cannot be written ({error.strerror or error})") from None


def _open(path: Path) -> BinaryIO:
    try:
        stream: BinaryIO = path.open("rb")
    except FileNotFoundError:
        raise MissingFileError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise RecordError(f"{path}: is a folder; give a .jsonl or .parquet file") from None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from None
    if path.suffix == ".zst":
        return _ZstdLines(stream, path)
    return stream


class _ZstdLines(io.BufferedReader):
    """A zstd stream read as bytes; a damaged frame is an OSError like any unreadable file."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        import zstandard

        self._stream = stream
        raw = zstandard.ZstdDecompressor().stream_reader(stream, closefd=True)
        super().__init__(_Guarded(raw, zstandard.ZstdError))


class _Guarded(io.RawIOBase):
    def __init__(self, raw: Any, damaged: type[Exception]) -> None:
        self._raw, self._damaged = raw, damaged

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._raw.read(len(buffer))
        except self._damaged as error:
            raise OSError(f"damaged zstd stream: {error}") from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _create(path: Path, *, compress: bool) -> Any:
    stream = path.open("wb")
    if not compress:
        return stream
    import zstandard

    return zstandard.ZstdCompressor(level=3).stream_writer(stream, closefd=True)


def _parquet_lines(path: Path) -> Iterator[tuple[int, str]]:
    import pyarrow
    import pyarrow.parquet

    _open(path).close()
    try:
        table = pyarrow.parquet.ParquetFile(path)
        number = 0
        for batch in table.iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                number += 1
                yield number, json.dumps(_unpacked(row))
    except (pyarrow.ArrowException, OSError) as error:
        raise RecordError(f"{path}: not a readable parquet file ({error})") from None


NESTED = ("prompt", "reference", "metadata", "steps", "tests", "flags", "token_ids", "logprobs")


def _write_parquet(path: Path, records: Iterable[Record]) -> int:
    import pyarrow
    import pyarrow.parquet

    rows = [
        {k: json.dumps(v) if k in NESTED else v for k, v in record.to_json().items()}
        for record in records
    ]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    columns = {key: [row.get(key) for row in rows] for key in keys}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return len(rows)


def _unpacked(row: dict[str, Any]) -> dict[str, Any]:
    """Nested values stand as JSON text in a parquet cell, since their shapes differ by row."""
    out: dict[str, Any] = {}
    for key, value in row.items():
        if value is None and key != "score":
            continue
        if key in NESTED and isinstance(value, str):
            with suppress(ValueError):
                value = json.loads(value)
        out[key] = value
    return out
