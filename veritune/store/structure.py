"""sqlite's own look at the structure of a journal, beside the work that goes on.

Checksums say that every page is what was written. That what was written is a sound database, rows
and trees, sqlite's `quick_check` says; it reads all of it, so nobody waits for it.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from veritune.errors import DamagedRunError


class StructureCheck:
    """One check under way; what it finds is raised by the next call of `raise_found`."""

    def __init__(self, path: Path) -> None:
        self._path, self._found = path, ""
        self._db: sqlite3.Connection | None = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self._thread = threading.Thread(target=self._check, name="quick_check", daemon=True)
        self._thread.start()

    def raise_found(self) -> None:
        """Raise `DamagedRunError` where the check found something so far."""
        if self._found:
            raise DamagedRunError(
                f"{self._path}: damaged ({self._found}); put it back from a copy, or run it with"
                " --from-round of a round that has a checkpoint"
            )

    def end(self, *, wait: bool = False) -> None:
        """Give up a check that is not done, or wait for it."""
        if self._db is None:
            return
        if not wait:
            self._db.interrupt()
        self._thread.join()
        self._db.close()
        self._db = None

    def _check(self) -> None:
        assert self._db is not None
        try:
            # The first thing that is wrong is enough.
            (said,) = self._db.execute("pragma quick_check(1)").fetchone()
        except sqlite3.OperationalError:  # Interrupted, or held up: it says nothing.
            return
        except sqlite3.DatabaseError as error:
            said = str(error)
        if said != "ok":
            self._found = " ".join(said.split())
        with suppress(sqlite3.Error):
            self._db.rollback()
