"""The connection to `journal.sqlite`: each write is whole and listed, each fault is one line."""

from __future__ import annotations

import ctypes
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from veritune.errors import DamagedRunError, UnwritableError
from veritune.store.database import open_for_reading, open_for_writing
from veritune.store.lock import Lock
from veritune.store.pages import PageLog
from veritune.store.structure import StructureCheck

# Pages in the write-ahead log before they are moved into the database: 32 MiB.
LONGEST_WAL = 2048
# What goes into a column; what comes out is known by the query alone.
Cell = str | bytes | int | float | None
# How long a write waits for readers, and a checkpoint, which can be had later.
BUSY_MS, CHECKPOINT_MS = 5000, 50


class Connection:
    """Of the one writer, who holds the lock, or of a reader."""

    def __init__(self, path: Path, *, read_only: bool, check: bool = True) -> None:
        self._path = path
        self._lock = None if read_only else Lock(path.with_name("journal.lock"))
        self._pages: PageLog | None = None
        self._structure: StructureCheck | None = None
        self._copied: TemporaryDirectory[str] | None = None
        self._failed: UnwritableError | None = None
        self._next_checkpoint = LONGEST_WAL
        try:
            if read_only:
                self._db, self._copied = open_for_reading(path, check=check)
            else:
                self._db, state = open_for_writing(path)
                self._pages = PageLog(path, state)
                self._structure = StructureCheck(path)
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Move everything into the database, and release files and lock."""
        if self._structure is not None:
            self._structure.end()
        if self._pages is not None and self._failed is None:
            with suppress(OSError, sqlite3.Error):
                if self._checkpoint():
                    self._pages.shorten(always=True)
        if self._pages is not None:
            self._pages.close()
            self._pages = None
        if self._failed is None:
            self._db.close()
        self._release()

    def _release(self) -> None:
        if self._copied is not None:
            self._copied.cleanup()
        if self._lock is not None:
            self._lock.release()

    def check_structure(self) -> None:
        """Wait for sqlite's look at the whole journal; raises `DamagedRunError`."""
        check = StructureCheck(self._path)
        check.end(wait=True)
        check.raise_found()

    def compact(self) -> None:
        """Write the database anew without the room that deleted rows and split pages leave.

        It is one commit like others, so a kill leaves the one before; it needs room for two more.
        """
        if self._structure is not None:
            self._structure.end(wait=True)
        with self.writing() as db:
            db.execute("vacuum")

    def read(self, query: str, values: Sequence[Cell] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows; raises `DamagedRunError` where sqlite cannot read them."""
        try:
            yield from self._db.execute(query, values)
        except sqlite3.DatabaseError as error:
            raise DamagedRunError(f"{self._path}: cannot be read ({error})") from None

    def write(self, statement: str, rows: Iterable[Sequence[Cell]]) -> None:
        """One statement for many rows, all of them or none."""
        with self.writing() as db:
            db.executemany(statement, rows)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which is listed in `journal.pages` when it is written."""
        if self._failed is not None:
            raise self._failed
        assert self._pages is not None, "the journal was opened to be read"
        if self._structure is not None:
            self._structure.raise_found()
        try:
            with self._db:
                yield self._db
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from None
        except sqlite3.DatabaseError as error:
            raise DamagedRunError(f"{self._path}: damaged ({error})") from None
        try:
            # After the commit: a kill between the two leaves frames that sqlite may keep or drop,
            # and not a list of what is not there.
            frames = self._pages.note()
        except OSError as error:
            raise self._abandoned(error) from None
        if frames > self._next_checkpoint:
            self._move_frames(frames)

    def _move_frames(self, frames: int) -> None:
        assert self._pages is not None
        try:
            if self._checkpoint():
                self._pages.shorten()
                frames = 0
        except (OSError, sqlite3.Error) as error:
            raise self._unwritable(error) from None
        self._next_checkpoint = frames + LONGEST_WAL

    def _checkpoint(self) -> bool:
        """Move the write-ahead log into the database; False where a reader holds it up."""
        assert self._pages is not None
        self._pages.flush()
        self._db.execute(f"pragma busy_timeout = {CHECKPOINT_MS}")
        busy = self._db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
        self._db.execute(f"pragma busy_timeout = {BUSY_MS}")
        return not busy

    def _abandoned(self, error: OSError) -> UnwritableError:
        """A commit could not be listed: the connection is never closed, even as Python ends.

        sqlite would move frames into the database that `journal.pages` lacks.
        """
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._db))
        self._failed = self._unwritable(error.strerror)
        return self._failed

    def _unwritable(self, reason: object) -> UnwritableError:
        return UnwritableError(
            f"{self._path}: cannot be written ({reason}); nothing that was written is lost: fix"
            " that, then run the same command again"
        )
