"""Rows of problems, candidates, verdicts and marks on their way into the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from veritune.records import Candidate, Problem, Verdict
from veritune.store.marks import MARK, PART, mark
from veritune.store.numbers import RowKey
from veritune.store.packing import pack

PROBLEM = "problems (stem, id, position, record) values (?, ?, ?, ?)"
CANDIDATE = "candidates (of_set, problem, idx, truncated, record) values (?, ?, ?, ?, ?)"
NUMBERED = "candidates (number, of_set, problem, idx, truncated, record) values (?, ?, ?, ?, ?, ?)"
VERDICT = (
    "verdicts select number, ?, ? from candidates where of_set = ? and problem = ? and idx = ?"
)


def problem_rows(stem: str, problems: Sequence[Problem]) -> Iterator[tuple[str, str, int, bytes]]:
    """What `PROBLEM` takes, of problems in their order."""
    for position, problem in enumerate(problems):
        yield stem, problem.id, position, pack(problem.to_line().encode())


def candidate_row(key: RowKey, candidate: Candidate) -> tuple[int, int, int, bool, bytes]:
    """What `CANDIDATE` takes."""
    return *key, candidate.truncated, pack(candidate.to_bytes())


def insert_verified(
    db: sqlite3.Connection, keys: Sequence[RowKey], verified: Sequence[tuple[Candidate, Verdict]]
) -> None:
    """Add candidates with their verdicts and marks; what is there stays as it is.

    Rows are made as sqlite takes them: thousands at once are what Python's garbage is collected of.
    """
    (last,) = db.execute("select coalesce(max(number), 0) from candidates").fetchone()
    numbers, before = range(last + 1, last + 1 + len(keys)), db.total_changes
    db.executemany(
        f"insert or ignore into {NUMBERED}",
        (
            (number, *key, candidate.truncated, pack(candidate.to_bytes()))
            for number, key, (candidate, _) in zip(numbers, keys, verified, strict=True)
        ),
    )
    if db.total_changes - before < len(keys):
        _insert_found(db, keys, verified)
        return
    # All are new, which is nearly always so: looking each up again took a third of a commit.
    db.executemany(
        "insert into verdicts values (?, ?, ?)",
        (
            (number, verdict.outcome, pack(verdict.to_bytes()))
            for number, (_, verdict) in zip(numbers, verified, strict=True)
        ),
    )
    db.executemany(
        "insert into marks values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (
            (*key, *found[:4], candidate.truncated, found[4], number // PART)
            for number, key, (candidate, verdict) in zip(numbers, keys, verified, strict=True)
            for found in (mark(candidate, verdict),)
        ),
    )


def _insert_found(
    db: sqlite3.Connection, keys: Sequence[RowKey], verified: Sequence[tuple[Candidate, Verdict]]
) -> None:
    """Verdicts and marks of candidates of which some were there: their keys find the numbers."""
    rows = list(zip(keys, verified, strict=True))
    db.executemany(
        f"insert or ignore into {VERDICT}",
        ((verdict.outcome, pack(verdict.to_bytes()), *key) for key, (_, verdict) in rows),
    )
    db.executemany(
        f"insert or ignore into {MARK}",
        ((*mark(candidate, verdict), *key) for key, (candidate, verdict) in rows),
    )
