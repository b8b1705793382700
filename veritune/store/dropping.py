"""Rows that go: later rounds where a run is taken back, and verdicts that are made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from veritune.store.marks import ERROR

OF_SET = "number in (select number from candidates where of_set = ?)"


def drop_rounds(db: sqlite3.Connection, after: int, sets: Sequence[tuple[int]]) -> None:
    """Drop the policies and measurements of rounds after one, and the sets of these numbers."""
    for table in ("policies", "metrics"):
        db.execute(f"delete from {table} where round > ?", (after,))
    for table in ("verdicts", "selections"):
        db.executemany(f"delete from {table} where {OF_SET}", sets)
    for table in ("candidates", "marks"):
        db.executemany(f"delete from {table} where of_set = ?", sets)
    db.executemany("delete from sets where number = ?", sets)


def drop_verdicts(db: sqlite3.Connection, of_set: int, *, errors_only: bool) -> int:
    """Drop the verdicts of a set, or the errors among them, and its selection; returns how many."""
    those = f"where of_set = ?{f' and kind = {ERROR}' if errors_only else ''}"
    (count,) = db.execute(f"select count(*) from marks {those}", (of_set,)).fetchone()
    if not count:
        return 0
    errors = " and outcome = 'error'" if errors_only else ""
    db.execute(f"delete from verdicts where {OF_SET}{errors}", (of_set,))
    db.execute(f"delete from selections where {OF_SET}", (of_set,))
    db.execute(f"delete from marks {those}", (of_set,))
    db.execute("update marks set selected = 0 where of_set = ?", (of_set,))
    return int(count)
