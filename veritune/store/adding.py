"""Rows of problems, candidates, verdicts and marks on their way into the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from veritune.records import Candidate, Problem, Verdict
from veritune.store.marks import MARK, mark
from veritune.store.numbers import RowKey
from veritune.store.packing import pack

PROBLEM = "problems (stem, id, position, record) values (?, ?, ?, ?)"
CANDIDATE = "candidates (of_set, problem, idx, truncated, record) values (?, ?, ?, ?, ?)"
NUMBERED = "candidates (number, of_set, problem, idx, truncated, record) values (?, ?, ?, ?, ?, ?)"
VERDICT = (
    "verdicts select number, ?, ? from candidates where of_set = ? and problem = ? and idx = ?"
)
KeyedRow = tuple[RowKey, Candidate, Verdict]


def problem_rows(stem: str, problems: Sequence[Problem]) -> Iterator[tuple[str, str, int, bytes]]:
    """What `PROBLEM` takes, of problems in their order."""
    for position, problem in enumerate(problems):
        yield stem, problem.id, position, pack(problem.to_line().encode())


def candidate_row(key: RowKey, candidate: Candidate) -> tuple[int, int, int, bool, bytes]:
    """What `CANDIDATE` takes."""
    return *key, candidate.truncated, pack(candidate.to_bytes())


def insert_verified(db: sqlite3.Connection, rows: Sequence[KeyedRow]) -> None:
    """Add candidates with their verdicts and marks; what is there stays as it is."""
    (last,) = db.execute("select coalesce(max(number), 0) from candidates").fetchone()
    numbers, before = range(last + 1, last + 1 + len(rows)), db.total_changes
    db.executemany(
        f"insert or ignore into {NUMBERED}",
        [(number, *candidate_row(k, c)) for number, (k, c, _) in zip(numbers, rows, strict=True)],
    )
    verdicts = [(v.outcome, pack(v.to_bytes())) for _, _, v in rows]
    marks = [mark(c, v) for _, c, v in rows]
    if db.total_changes - before < len(rows):
        # Some were there: verdicts find the numbers by their keys.
        keys = [key for key, _, _ in rows]
        keyed = [(*verdict, *key) for verdict, key in zip(verdicts, keys, strict=True)]
        db.executemany(f"insert or ignore into {VERDICT}", keyed)
        marked = [(*found, *key) for found, key in zip(marks, keys, strict=True)]
        db.executemany(f"insert or ignore into {MARK}", marked)
        return
    # All are new, which is nearly always so: looking each up again took a third of a commit.
    db.executemany(
        "insert into verdicts values (?, ?, ?)",
        [(number, *verdict) for number, verdict in zip(numbers, verdicts, strict=True)],
    )
    db.executemany(
        "insert into marks values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        [
            (*key, *found[:4], candidate.truncated, found[4])
            for (key, candidate, _), found in zip(rows, marks, strict=True)
        ],
    )
