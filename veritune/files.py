"""Record files: `.jsonl`, `.jsonl.zst` and `.parquet`, in and out.

A bad line is refused with the file, the line number and what is wrong with it: the key, where it
has one.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from veritune.errors import MissingFileError, RecordError, UnwritableError, VerituneError
from veritune.parquet import parquet_lines, write_joined, write_nested, write_parquet
from veritune.records import Record
from veritune.text import parse_json, writable

if TYPE_CHECKING:
    import zstandard
    from _typeshed import WriteableBuffer

R = TypeVar("R", bound=Record)
# Bytes of one line; a file without line ends must not fill the memory.
LONGEST_LINE = 1 << 28
# Some editors put it before UTF-8 text.
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
        open_file(path).close()
        yield from parquet_lines(path)
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


def write_records(
    path: str | Path, records: Iterable[Record], before: Callable[[Path], None] | None = None
) -> int:
    """Write records so that the file appears only when whole; returns how many.

    `before` is called with the whole file, which has another name still.
    """
    path = Path(path)
    if path.suffix == ".parquet":
        return _write_aside(path, lambda aside: write_parquet(aside, records), before)
    return write_lines(path, (record.to_line() for record in records), before)


def write_record_lines(
    path: str | Path, lines: Iterable[str], shape: type[Record], before: Callable[[Path], None]
) -> int:
    """As `write_records`, for records that are lines already."""
    path = Path(path)
    if path.suffix == ".parquet":
        records = (shape.from_line(line) for line in lines)
        return _write_aside(path, lambda aside: write_parquet(aside, records), before)
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
            # Before the rename: else a power cut can leave the name on an empty file.
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

    # Level 3, zstd's own: higher ones save a few percent for several times the work.
    return zstandard.ZstdCompressor(level=3).stream_writer(stream, closefd=True)


def write_parquet_rows(path: Path, rows: Iterable[Mapping[str, object]]) -> int:
    """Write rows of one shape, nested as they are, in groups; the first group gives the types."""
    return _write_aside(path, lambda aside: write_nested(aside, rows))


def write_joined_records(path: Path, rows: Iterable[Mapping[str, Record]]) -> int:
    """Write rows of several records each to a parquet file."""
    return _write_aside(path, lambda aside: write_joined(aside, rows))
