"""A checksum of every page of the journal, so that no damaged or lost page is ever read.

sqlite checks neither its pages nor that its write-ahead log is there: a flipped byte, or a log that
was removed, is an older or another history that looks whole. `journal.pages` therefore names what
the journal holds after each commit. It is a list of groups, one a commit and written after it:

    group   magic, salts of the write-ahead log, first frame, count, pages in all, chain
    frames  count times: page number, crc32 of the page, crc32 of the frame's header

`chain` is the crc32 over everything before it in the file and the group's frames. The first group
has salts of 0 and lists every page of `journal.sqlite` itself. A writer that was killed between
the two leaves frames that no group names yet: those are sqlite's to accept or to drop.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zlib import crc32

from veritune.errors import DamagedRunError
from veritune.files import replacing

# Little-endian, of fixed widths: the list means the same on every machine.
GROUP = struct.Struct("<4sIIIIII")
ENTRY = struct.Struct("<III")
# The version of the list is in its magic: another one is damage to us, and not misread.
MAGIC = b"vtp1"
# Bytes of a page of a new journal. A page costs four calls of the system and a checksum on its way
# into the database, so a few large ones cost less than many of sqlite's usual 4 kB.
PAGE = 16384
# Bytes, as https://www.sqlite.org/fileformat2.html#walformat says.
WAL_HEADER, FRAME_HEADER = 32, 24
# Pages that are read at once.
AT_ONCE = 256
# Bytes of a list that is never too long.
SHORTEST = 1 << 16
# The magic's last bit says the byte order of its checksums.
WAL_MAGIC, WAL_VERSION = 0x377F0683, 3007000
# The page at this byte is nobody's: sqlite locks there, and neither writes nor logs it
# (https://www.sqlite.org/fileformat2.html#the_lock_byte_page).
LOCK_BYTE = 1 << 30
# Stands for the salts of a group that lists `journal.sqlite` itself.
WHOLE = (0, 0)
Salts = tuple[int, int]


class Group(NamedTuple):
    """What one commit added to the write-ahead log of these salts, from frame `first` on.

    `entries` are packed as in the file: a long journal has a million, and an object for each takes
    more time and memory than all else. The frame's checksum is 0 of a page that is no frame.
    """

    salts: Salts
    first: int
    pages: int
    entries: bytes


def wal_of(database: Path) -> Path:
    """The write-ahead log of a database."""
    return database.with_name(f"{database.name}-wal")


class State(NamedTuple):
    """Where a list ends: its bytes and their chain, and the frames that it names of a log."""

    size: int
    chain: int
    salts: Salts
    frames: int


class PageLog:
    """Keeps `journal.pages` beside a database that this process alone writes."""

    def __init__(self, database: Path, state: State) -> None:
        """Go on with a list that `check_pages` found right."""
        self._database, self._path = database, database.with_name("journal.pages")
        self._file = self._open(state)

    def _open(self, state: State) -> int:
        self._size, self._chain, self._salts, self._frames = state
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        os.ftruncate(file, state.size)
        return file

    def note(self) -> int:
        """Name what the last commit wrote; returns the frames that the write-ahead log holds."""
        with wal_of(self._database).open("rb") as wal:
            head = _wal_head(wal.read(WAL_HEADER))
            if head is None:
                return 0
            size, salts = head
            if salts != self._salts:
                self._salts, self._frames = salts, 0
            wal.seek(WAL_HEADER + self._frames * (FRAME_HEADER + size))
            entries, pages = _committed(wal, size, salts)
        if entries:
            group = Group(salts, self._frames, pages, entries)
            data, self._chain = _packed(group, self._chain)
            if os.write(self._file, data) != len(data):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            self._size += len(data)
            self._frames += len(entries) // ENTRY.size
        return self._frames

    def flush(self) -> None:
        """Put on disk what was noted: before sqlite moves frames into the database."""
        os.fsync(self._file)

    def shorten(self, *, always: bool = False) -> None:
        """List the database anew where most of the list is of pages that were written again.

        The write-ahead log must be empty.
        """
        listed = ENTRY.size * (self._database.stat().st_size // PAGE)
        # Three times what a fresh list takes: rewriting costs a read of the whole database.
        if always or self._size > 3 * listed + SHORTEST:
            state = write_pages(self._database)
            os.close(self._file)
            self._file = self._open(state)

    def close(self) -> None:
        """Release the file."""
        os.close(self._file)


def write_pages(database: Path, name: str = "journal.pages") -> State:
    """List a database whose write-ahead log is empty, in a file beside it."""
    path = database.with_name(name)
    pages = enumerate(_database_pages(database), 1)
    entries = b"".join(ENTRY.pack(page, crc, 0) for page, crc in pages)
    data, chain = _packed(Group(WHOLE, 0, len(entries) // ENTRY.size, entries), 0)
    with replacing(path, path.with_name(f".{name}")) as aside:
        aside.write_bytes(data)
    return State(len(data), chain, WHOLE, 0)


def check_pages(database: Path) -> State:
    """Raise `DamagedRunError` where the files do not hold what was written to them.

    To be called before sqlite opens the database, which nobody may be writing.
    """
    groups, state = _groups(database.with_name("journal.pages"))
    last = groups[-1]
    if groups[0].salts != WHOLE:
        raise DamagedRunError(f"{database.with_name('journal.pages')}: damaged")
    wal, covered = _read_wal(database), dict[int, set[int]]()
    if wal is not None:
        # Of other salts: the last checkpoint moved all that is listed, and then this log was begun.
        covered = {page: set() for page, _, _ in ENTRY.iter_unpack(wal.entries)}
        listed = b"".join(g.entries for g in groups if g.salts == last.salts == wal.salts)
        if wal.entries[: len(listed)] != listed:
            raise DamagedRunError(
                f"{wal_of(database)}: not what was written there: its disk or another program"
                " damaged it, or it was cut short"
            )
    written: dict[int, int] = {}
    for group in groups:
        for page, crc, _ in ENTRY.iter_unpack(group.entries):
            written[page] = crc
            if page in covered:
                covered[page].add(crc)
    # Of the last: a journal that was made compact has fewer pages than before.
    _check_database(database, written, covered, last.pages)
    return state


def _check_database(
    database: Path, written: dict[int, int], covered: dict[int, set[int]], pages: int
) -> None:
    """Every page is the last one written, or, where the write-ahead log has it, any before."""
    seen = 0
    with database.open("rb") as stream:
        locks = LOCK_BYTE // _page_size(stream.read(100)) + 1
    for seen, crc in enumerate(_database_pages(database), 1):
        if written.get(seen) == crc or seen == locks:
            continue
        if seen not in covered or (covered[seen] and crc not in covered[seen]):
            raise DamagedRunError(
                f"{database}: page {seen} is not what was written there: its disk or another"
                f" program damaged it, or {wal_of(database).name} was removed"
            )
    known = {*covered, locks}
    if lost := [page for page in range(seen + 1, pages + 1) if page not in known]:
        raise DamagedRunError(
            f"{database}: {len(lost)} of {pages} pages are missing: it was cut short, or"
            f" {wal_of(database).name} was removed"
        )


class _Wal(NamedTuple):
    salts: Salts
    entries: bytes


def _read_wal(database: Path) -> _Wal | None:
    """The frames of the write-ahead log; None where there are none."""
    try:
        stream = wal_of(database).open("rb")
    except FileNotFoundError:
        return None
    with stream:
        head = _wal_head(stream.read(WAL_HEADER))
        if head is None:
            return None
        size, salts = head
        entries = bytearray()
        while len(frame := stream.read(FRAME_HEADER + size)) == FRAME_HEADER + size:
            if struct.unpack_from(">II", frame, 8) != salts:
                break
            entries += _frame_entry(frame)
        return _Wal(salts, bytes(entries))


def _wal_head(header: bytes) -> tuple[int, Salts] | None:
    """(page size, salts) of a write-ahead log; None for one that sqlite reads nothing from."""
    if len(header) < WAL_HEADER:
        return None
    magic, version, size, _, one, two, *noted = struct.unpack(">8I", header)
    # sqlite's own checksum of the header: two running sums over pairs of words.
    words = struct.unpack(">6I" if magic & 1 else "<6I", header[:24])
    first = second = 0
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) % 2**32
        second = (second + odd + first) % 2**32
    if magic | 1 != WAL_MAGIC or version != WAL_VERSION or [first, second] != noted:
        return None
    return size, (one, two)


def _committed(wal: BinaryIO, size: int, salts: Salts) -> tuple[bytes, int]:
    """The frames up to the last that ends a commit, and the pages of the database after it.

    Frame by frame: a journal that is made compact is written whole.
    """
    entries = bytearray()
    whole, pages, step = 0, 0, FRAME_HEADER + size
    while len(frame := wal.read(step)) == step:
        if struct.unpack_from(">II", frame, 8) != salts:
            break
        entries += _frame_entry(frame)
        # Other than 0 in the last frame of a commit alone.
        if after := struct.unpack_from(">I", frame, 4)[0]:
            whole, pages = len(entries), after
    return bytes(entries[:whole]), pages


def _frame_entry(frame: bytes) -> bytes:
    page = struct.unpack_from(">I", frame)[0]
    return ENTRY.pack(page, crc32(memoryview(frame)[FRAME_HEADER:]), crc32(frame[:FRAME_HEADER]))


def _database_pages(database: Path) -> Iterator[int]:
    """The checksums of all pages, in order."""
    with database.open("rb") as stream:
        size = _page_size(stream.read(100))
        stream.seek(0)
        while data := stream.read(AT_ONCE * size):
            view = memoryview(data)
            for at in range(0, len(data), size):
                yield crc32(view[at : at + size])


def _page_size(header: bytes) -> int:
    size: int = struct.unpack_from(">H", header.ljust(18, b"\0"), 16)[0]
    # sqlite writes 1 for 65,536, which two bytes do not hold.
    return 65536 if size == 1 else size if size >= 512 else 4096


def _packed(group: Group, chain: int) -> tuple[bytes, int]:
    body = group.entries
    values = (MAGIC, *group.salts, group.first, len(body) // ENTRY.size, group.pages)
    chain = crc32(body, crc32(GROUP.pack(*values, chain)))
    return GROUP.pack(*values, chain) + body, chain


def _groups(path: Path) -> tuple[list[Group], State]:
    """What the file lists; a group that its writer was killed in the middle of is left out."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DamagedRunError(f"{path}: cannot be read ({error.strerror})") from None
    groups: list[Group] = []
    at = chain = frames = 0
    while at + GROUP.size <= len(data):
        magic, one, two, first, count, pages, noted = GROUP.unpack_from(data, at)
        end = at + GROUP.size + count * ENTRY.size
        # Torn at its end by a kill, and nothing of ours behind it; anywhere else it is damage.
        if end > len(data) and groups and MAGIC not in data[at + len(MAGIC) :]:
            break
        body = data[at + GROUP.size : end]
        values = (magic, one, two, first, count, pages)
        chain = crc32(body, crc32(GROUP.pack(*values, chain)))
        if magic != MAGIC or chain != noted or len(body) != count * ENTRY.size:
            raise DamagedRunError(f"{path}: damaged at byte {at}")
        groups.append(Group((one, two), first, pages, body))
        at, frames = end, first + count
    if not groups:
        raise DamagedRunError(f"{path}: empty or cut short")
    last = groups[-1].salts
    return groups, State(at, chain, last, 0 if last == WHOLE else frames)


def remove_database(database: Path) -> None:
    """Remove a database with all that belongs to it."""
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm", "journal.pages"):
        database.with_name(name).unlink(missing_ok=True)
