"""A run's measurements: rows of the journal, and lines of `metrics.jsonl` in the order written."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from veritune.errors import JournalError, UnwritableError
from veritune.files import write_text
from veritune.records import MetricsRow, whole
from veritune.store.connection import Connection


class Metrics:
    """Adds rows under (round, phase, step), and reads them."""

    def __init__(self, db: Connection, path: Path) -> None:
        self._db, self._path = db, path
        self._exported: int | None = None

    def put(self, rows: Sequence[MetricsRow]) -> list[MetricsRow]:
        """Add those that are not there, and return them; what is there stays as it is.

        Raises `JournalError` for a measurement of another policy than is there.
        """
        # A resumed round measures again what it had written down: the first stays.
        new = [row for row in rows if not self._has(row)]
        number = self._last_export() + 1
        self._db.write(
            "insert or ignore into metrics values (?, ?, ?, ?, ?)",
            ((*_key(row), json.dumps(row), number) for row in new),
        )
        self._append(number)
        return new

    def count(self, phase: str, before: int) -> int:
        """How many measurements of a phase there are of rounds before `before`."""
        query = "select count(*) from metrics where phase = ? and round < ?"
        return int(next(self._db.read(query, (phase, before)))[0])

    def rows(self, phase: str | None = None) -> list[MetricsRow]:
        """Measurements in order of round and step, of one phase or of all."""
        query = "select record from metrics where phase = coalesce(?, phase)"
        rows = self._db.read(f"{query} order by round, phase, step", (phase,))
        return [json.loads(row[0]) for row in rows]

    def exported(self, *, but_last: bool = False) -> bytes:
        """What `metrics.jsonl` holds; as it was one export before: `but_last`."""
        return self._text(0, self._last_export() - but_last)

    def export(self) -> None:
        """Write `metrics.jsonl` anew."""
        write_text(self._path, self.exported().decode())
        self._exported = self._last_export()

    def _append(self, number: int) -> None:
        """Add an export to the file; a kill may leave a part of it, which a resume completes."""
        if self._exported is None or not self._path.exists():
            return self.export()
        try:
            with self._path.open("ab") as stream:
                stream.write(self._text(number - 1, number))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            self._exported = None
            raise UnwritableError(f"{self._path}: cannot be written ({error.strerror})") from None
        self._exported = number

    def _text(self, after: int, until: int) -> bytes:
        rows = self._db.read(
            "select record from metrics where written > ? and written <= ?"
            " order by written, round, phase, step",
            (after, until),
        )
        return "".join(f"{row[0]}\n" for row in rows).encode()

    def _last_export(self) -> int:
        if self._exported is not None:
            return self._exported
        return int(next(self._db.read("select coalesce(max(written), 0) from metrics"))[0])

    def _has(self, row: MetricsRow) -> bool:
        query = "select record from metrics where round = ? and phase = ? and step = ?"
        known = [json.loads(found[0]) for found in self._db.read(query, _key(row))]
        if known and known[0].get("policy") != row.get("policy"):
            raise JournalError(
                f"{self._path.parent}: round {row['round']}: {row['phase']} was measured of policy"
                f" {known[0].get('policy')}, and this is {row.get('policy')}"
            )
        return bool(known)


def _key(row: MetricsRow) -> tuple[int, str, int]:
    """(round, phase, step) of a measurement."""
    return whole(row, "round"), str(row["phase"]), whole(row, "step", 0)
