"""Opening `journal.sqlite`: made whole, checked before it is read, readable from any medium."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

from veritune.errors import (
    DamagedRunError,
    JournalError,
    NoRunError,
    UnwritableError,
)
from veritune.files import replacing
from veritune.store.lock import is_held
from veritune.store.pages import PAGE, State, check_pages, remove_database, wal_of, write_pages

# Of the schema, in the header: 1 had no number and no checksums, 2 no named sets, 3 plain records,
# 4 nothing to browse by, 5 one order of lengths.
VERSION = 6
# A table with records has row numbers: without them sqlite spills each into pages of its own, and
# 1.7 kB take 5. A verdict and a selection have the number of their candidate. Marks are narrow, so
# that two million are searched in a moment; their indices hold the order of lists and all that
# lists are filtered by, since a look at the row itself costs ten times as much. Lengths come in any
# order, so an index of them all would write a page for nearly every candidate: each part of marks
# has an order of its own, and who reads merges them.
SCHEMA = f"""
pragma user_version = {VERSION};
create table facts (
    key text, number integer, value text not null, primary key (key, number)
) without rowid;
create table policies (
    round integer primary key, policy text not null, previous text not null,
    manifest text not null, kept integer not null
);
create table problems (
    number integer primary key, stem text not null, id text not null, position integer not null,
    record blob not null, unique (stem, id)
);
create table sets (number integer primary key, name text not null unique);
create table candidates (
    number integer primary key, of_set integer not null, problem integer not null,
    idx integer not null, truncated integer not null, record blob not null,
    unique (of_set, problem, idx)
);
create table verdicts (number integer primary key, outcome text not null, record blob not null);
create table selections (number integer primary key);
create table marks (
    of_set integer not null, problem integer not null, idx integer not null,
    kind integer not null, degree integer not null, flags text not null,
    steps integer not null, truncated integer not null, selected integer not null,
    length integer not null, part integer not null, primary key (of_set, problem, idx)
) without rowid;
create index marks_by_kind on marks
    (kind, of_set, problem, idx, degree, steps, truncated, selected, length);
create index marks_by_length on marks
    (part, length, of_set, problem, idx, kind, degree, steps, truncated, selected);
create index marks_flagged on marks (degree) where degree > 0;
create table metrics (
    round integer, phase text, step integer, record text not null, written integer not null,
    primary key (round, phase, step)
) without rowid;
create index exports on metrics (written);
"""


def open_for_writing(path: Path) -> tuple[sqlite3.Connection, State]:
    """The database of the one writer, who holds the lock; made where there is none."""
    try:
        if not path.exists():
            make_database(path)
        state = check_database(path)
        db = sqlite3.connect(path, check_same_thread=False)
        # A commit is on disk when it returns: checkpoints are named by it.
        db.execute("pragma synchronous = full")
        # Only `Store` moves frames into the database: `journal.pages` must be on disk before.
        db.execute("pragma wal_autocheckpoint = 0")
        # KiB, more than a commit of a thousand candidates writes: else its pages are written twice.
        db.execute("pragma cache_size = -8192")
        db.execute("select count(*) from facts")
    except (sqlite3.OperationalError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnwritableError(f"{path}: cannot be written ({reason})") from None
    except sqlite3.DatabaseError as error:
        raise DamagedRunError(f"{path}: damaged ({error})") from None
    return db, state


def make_database(path: Path, run_id: str | None = None) -> None:
    """An empty journal of a run; `path` appears last, and whole."""
    aside = path.with_name(".journal.sqlite")
    # Leftovers of a journal that never appeared: its log would be read with the new one.
    remove_database(path)
    for leftover in (aside, wal_of(aside)):
        leftover.unlink(missing_ok=True)
    with replacing(path, aside):
        db = sqlite3.connect(aside)
        try:
            db.execute(f"pragma page_size = {PAGE}")
            db.execute("pragma journal_mode = wal")
            db.executescript(SCHEMA)
            with db:
                row = ("run", 0, run_id or uuid.uuid4().hex)
                db.execute("insert into facts values (?, ?, ?)", row)
        finally:
            db.close()
        write_pages(aside)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the folder's names on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_for_reading(
    path: Path, *, check: bool = True
) -> tuple[sqlite3.Connection, TemporaryDirectory[str] | None]:
    """A connection that changes nothing, and the folder of the copy that it reads, if any.

    Without `check` only its version is looked at: every page of a long run takes seconds.
    """
    if not path.is_file():
        raise NoRunError(f"{path.parent}: not a run (it has no journal.sqlite)")
    lock = path.with_name("journal.lock")
    try:
        if check:
            _check_at_rest(path, lock)
        else:
            header = _header(path)
            if not header:
                raise DamagedRunError(f"{path}: damaged (empty)")
            _check_version(path, header)
        copied = None
        address = f"{path.resolve().as_uri()}?mode=ro"
        if not os.access(path.parent, os.W_OK) and not is_held(lock):
            # Without a place for its shared memory sqlite reads no write-ahead log.
            if wal_of(path).is_file() and wal_of(path).stat().st_size:
                copied = _copied(path)
                address = (Path(copied.name) / path.name).as_uri()
            else:
                address += "&immutable=1"
        db = sqlite3.connect(address, uri=True, check_same_thread=False)
        db.execute("select count(*) from facts")
    except (sqlite3.Error, OSError) as error:
        raise DamagedRunError(f"{path}: cannot be read ({error})") from None
    return db, copied


def _check_at_rest(path: Path, lock: Path) -> None:
    """Check the files, unless a writer is at work: what it has written changes meanwhile."""
    if is_held(lock):
        return
    try:
        check_database(path)
    except JournalError:
        if is_held(lock):
            return
        check_database(path)


def check_database(path: Path) -> State:
    """Raise `JournalError` for another version's journal or a damaged one."""
    header = _header(path)
    # Where sqlite keeps `user_version`, readable without opening a damaged file.
    version = int.from_bytes(header[60:64], "big")
    # The pages first: a damaged header must not pass for another version's.
    listed = path.with_name("journal.pages").exists()
    state = check_pages(path) if listed or not header or version == VERSION else None
    _check_version(path, header)
    assert state is not None, "a journal of this version was checked"
    return state


def _check_version(path: Path, header: bytes) -> None:
    version = int.from_bytes(header[60:64], "big")
    if version != VERSION:
        raise JournalError(
            f"{path}: written by another version of veritune (journal version {version or 1}, and"
            f" this one writes {VERSION}); finish it with that version, or choose another name"
        )


def _header(path: Path) -> bytes:
    """The first bytes; none of an empty file. Raises `JournalError` for what is no database."""
    with path.open("rb") as stream:
        header = stream.read(100)
    if header and not header.startswith(b"SQLite format 3\0"):
        raise DamagedRunError(f"{path}: damaged (no database)")
    return header


def _copied(path: Path) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="veritune-journal-")
    for file in (path, wal_of(path)):
        shutil.copyfile(file, Path(folder.name) / file.name)
    return folder
