"""Record files: `.jsonl`, `.jsonl.zst` and `.parquet`, in and out.

A bad line is refused with the file, the line number and what is wrong with it: the key, where it
has one.
"""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from veritune.errors import MissingFileError, RecordError, UnwritableError, VerituneError
from veritune.records import Record
from veritune.text import parse_json, writable

if TYPE_CHECKING:
    import zstandard
    from _typeshed import DataclassInstance, WriteableBuffer

R = TypeVar("R", bound=Record)
# Bytes of one line; a file without line ends must not fill the memory.
LONGEST_LINE = 1 << 28
BOM = b"\xef\xbb\xbf"


def read_records(path: str | Path, shape: type[R]) -> list[R]:
    """All records of a file; an empty file is refused."""
    records = list(iter_records(path, shape))
    if not records:
        raise RecordError(f"{path}: empty; expected one {shape.__name__} a line")
    return records


def iter_records(path: str | Path, shape: type[R]) -> Iterator[R]:
    """The records of a file one by one, in bounded memory."""
    for number, line in iter_lines(path):
        yield to_record(path, number, line, shape)


def to_record(path: str | Path, number: int, line: str, shape: type[R]) -> R:
    """The record of a line, read strictly; `RecordError` names the file, the line and the key."""
    try:
        # First as JSON: pydantic lets keys stand twice, and does not say which text is damaged.
        parse_json(line, finite=False)
        return shape.from_line(line)
    except ValueError as error:
        raise RecordError(f"{path}:{number}: {error}") from None


def iter_rows(path: str | Path) -> Iterator[tuple[int, dict[str, object]]]:
    """(line number, JSON object) for files of foreign shapes."""
    for number, line in iter_lines(path):
        try:
            row = parse_json(line, finite=False)
        except ValueError as error:
            raise RecordError(f"{path}:{number}: {error}") from None
        if not isinstance(row, dict):
            raise RecordError(f"{path}:{number}: expected a JSON object")
        yield number, row


def iter_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """(line number, text) of the lines that are not blank; parquet rows come as JSON text.

    The mark that some editors set before UTF-8 text is passed over.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        yield from _parquet_lines(path)
        return
    with open_file(path) as stream:
        number = 0
        try:
            while raw := stream.readline(LONGEST_LINE):
                number += 1
                if len(raw) == LONGEST_LINE:
                    raise RecordError(f"{path}:{number}: a line of more than {LONGEST_LINE} bytes")
                line = (raw.removeprefix(BOM) if number == 1 else raw).decode()
                if line.strip():
                    yield number, line
        except UnicodeDecodeError:
            raise RecordError(f"{path}:{number}: not UTF-8 text") from None
        except OSError as error:
            raise RecordError(f"{path}: cannot be read ({error})") from None


def write_records(path: str | Path, records: Iterable[Record]) -> int:
    """Write records so that the file appears only when whole; returns how many."""
    path = Path(path)
    if path.suffix == ".parquet":
        return _write_aside(path, lambda aside: _write_parquet(aside, records))
    return write_lines(path, (record.to_line() for record in records))


def write_record_lines(
    path: str | Path, lines: Iterable[str], shape: type[Record], before: Callable[[Path], None]
) -> int:
    """As `write_records`, for records that are lines already.

    `before` is called with the whole file, which has another name still.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        records = (shape.from_line(line) for line in lines)
        return _write_aside(path, lambda aside: _write_parquet(aside, records), before)
    return write_lines(path, lines, before)


def write_lines(
    path: str | Path, lines: Iterable[str], before: Callable[[Path], None] | None = None
) -> int:
    """As `write_records`, for lines without their ends; compressed where the name says so."""
    path = Path(path)

    def write(aside: Path) -> int:
        count = 0
        with _create(aside, compress=path.suffix == ".zst") as stream:
            for line in lines:
                stream.write(writable(line).encode() + b"\n")
                count += 1
        return count

    return _write_aside(path, write, before)


@contextmanager
def replacing(path: Path, aside: Path | None = None) -> Iterator[Path]:
    """Where to write what becomes `path` at the end, in one step and safe from a power cut.

    Where the body raises, `path` is as it was. `aside` is a name for a writer that is alone, which
    finds it again after a kill.
    """
    aside = aside or path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield aside
        with aside.open("rb") as stream:
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _write_aside(
    path: Path, write: Callable[[Path], int], before: Callable[[Path], None] | None = None
) -> int:
    try:
        with replacing(path) as aside:
            count = write(aside)
            if before is not None:
                before(aside)
    except OSError as error:
        if isinstance(error, VerituneError):
            raise
        raise UnwritableError(f"{path}: cannot be written ({error.strerror or error})") from None
    return count


def write_text(path: Path, text: str) -> None:
    """Write a text file so that it appears only when whole, and outlives a power cut."""
    _write_aside(path, lambda aside: aside.write_bytes(text.encode()))


def open_file(path: Path) -> BinaryIO:
    """A file's bytes, decompressed where its name says so.

    Raises `MissingFileError`, or `RecordError` for what is no regular file: a pipe can be read
    only once, and a device has no end.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise RecordError(f"{path}: is a pipe or a device; give a regular file")
        stream: BinaryIO = path.open("rb")
    except FileNotFoundError:
        raise MissingFileError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise RecordError(f"{path}: is a folder; give a .jsonl or .parquet file") from None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{str(path)!r}: no name of a file ({error})") from None
    return io.BufferedReader(_Zstd(stream)) if path.suffix == ".zst" else stream


class _Zstd(io.RawIOBase):
    """The bytes of a zstd stream; a damaged one, and one that ends too early, is an `OSError`."""

    # Compressed bytes at once. They may stand for 30,000 times as many.
    STEP = 4096

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._stream = stream
        self._start = zstandard.ZstdDecompressor().decompressobj
        self._damaged: type[Exception] = zstandard.ZstdError
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        rest = b""
        while not self._ready:
            chunk = rest or self._stream.read(self.STEP)
            if not chunk:
                if self._frame is not None:
                    raise OSError("the zstd stream ends too early")
                return 0
            self._ready, rest = self._decompress(chunk)
        room = memoryview(buffer)
        taken = self._ready[: len(room)]
        room[: len(taken)] = taken
        self._ready = self._ready[len(taken) :]
        return len(taken)

    def _decompress(self, chunk: bytes) -> tuple[memoryview, bytes]:
        """What comes of a chunk, and what of it belongs to the next frame."""
        frame = self._frame = self._frame or self._start()
        try:
            data = frame.decompress(chunk)
        except self._damaged as error:
            raise OSError(f"damaged zstd stream: {error}") from None
        if not frame.eof:
            return memoryview(data), b""
        rest, self._frame = frame.unused_data, None
        if rest and data:
            self._stream.seek(-len(rest), os.SEEK_CUR)
            rest = b""
        return memoryview(data), rest

    def close(self) -> None:
        self._stream.close()
        super().close()


def _create(path: Path, *, compress: bool) -> BinaryIO | zstandard.ZstdCompressionWriter:
    stream: BinaryIO = path.open("wb")
    if not compress:
        return stream
    import zstandard

    return zstandard.ZstdCompressor(level=3).stream_writer(stream, closefd=True)


def _parquet_lines(path: Path) -> Iterator[tuple[int, str]]:
    import pyarrow
    import pyarrow.parquet

    open_file(path).close()
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


NESTED = (
    "prompt",
    "reference",
    "metadata",
    "steps",
    "tests",
    "flags",
    "parts",
    "token_ids",
    "logprobs",
)
# Columns that do not hold text.
NUMBERS = {
    **dict.fromkeys(("index", "round"), "int64"),
    **dict.fromkeys(("score", "seconds", "cpu_ms", "peak_memory_mb"), "float64"),
}
# Rows of a parquet file that are held at once.
ROWS = 1024


def _write_parquet(path: Path, records: Iterable[Record]) -> int:
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
