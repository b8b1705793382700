"""The journal: one sqlite file a run, in WAL mode, with one writer.

Every candidate stands under the key (round, problem, index), so whatever is written twice after a
kill is the same row. Evaluation candidates are told apart by their problem's split.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from veritune.errors import JournalError, UnwritableError
from veritune.journal.lock import Lock
from veritune.records import Candidate, Problem, Verdict

Split = Literal["train", "test", "hint"]
Key = tuple[str, int]
"""(problem id, index): a candidate within its round."""

SCHEMA = """
create table if not exists problems (
    id text primary key, split text not null, position integer not null, record text not null
) without rowid;
create table if not exists candidates (
    round integer, problem_id text, idx integer, record text not null,
    primary key (round, problem_id, idx)
) without rowid;
create table if not exists verdicts (
    round integer, problem_id text, idx integer, outcome text not null, record text not null,
    primary key (round, problem_id, idx)
) without rowid;
create table if not exists selections (
    round integer, problem_id text, idx integer, primary key (round, problem_id, idx)
) without rowid;
create table if not exists metrics (
    round integer, phase text, step integer, record text not null,
    primary key (round, phase, step)
) without rowid;
"""


class Journal:
    """Reads and writes `journal.sqlite` in a run's folder."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.listener: Callable[[Sequence[dict[str, Any]]], None] | None = None
        self._lock = None if read_only else Lock(folder / "journal.lock")
        try:
            self._db = _connect(folder / "journal.sqlite", read_only)
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False) -> Self:
        """Open the journal of a run; the writer holds it alone."""
        return cls(Path(folder), read_only=read_only)

    def close(self) -> None:
        """Release the file and the lock."""
        if hasattr(self, "_db"):
            self._db.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_problems(self, split: Split, problems: Sequence[Problem]) -> None:
        """Write a split once; the same problems again change nothing."""
        self._write(
            "insert or ignore into problems values (?, ?, ?, ?)",
            ((p.id, split, position, p.to_line()) for position, p in enumerate(problems)),
        )

    def problems(self, split: Split) -> list[Problem]:
        """The problems of a split in their first order."""
        rows = self._db.execute(
            "select record from problems where split = ? order by position", (split,)
        )
        return [Problem.from_line(row[0]) for row in rows]

    def add_candidates(self, round: int, candidates: Iterable[Candidate]) -> None:
        """Write sampled candidates, not yet judged."""
        self._write(
            "insert or ignore into candidates values (?, ?, ?, ?)",
            ((round, c.problem_id, c.index, c.to_line()) for c in candidates),
        )

    def add_judged(self, round: int, judged: Sequence[tuple[Candidate, Verdict]]) -> None:
        """Write candidates with their verdicts in one transaction."""
        with self._db:
            self._db.executemany(
                "insert or ignore into candidates values (?, ?, ?, ?)",
                [(round, c.problem_id, c.index, c.to_line()) for c, _ in judged],
            )
            self._db.executemany(
                "insert or ignore into verdicts values (?, ?, ?, ?, ?)",
                [(round, v.problem_id, v.index, v.outcome, v.to_line()) for _, v in judged],
            )

    def keys(self, round: int) -> set[Key]:
        """Keys of the candidates of a round, judged or not."""
        rows = self._db.execute("select problem_id, idx from candidates where round = ?", (round,))
        return {(row[0], row[1]) for row in rows}

    def candidates(self, round: int, split: Split) -> Iterator[Candidate]:
        """The candidates of a round and split, judged or not, in order of problem and index."""
        rows = self._db.execute(
            "select c.record from problems p join candidates c on c.problem_id = p.id"
            " and c.round = ? where p.split = ? order by p.position, c.idx",
            (round, split),
        )
        return (Candidate.from_line(row[0]) for row in rows)

    def judged_keys(self, round: int, split: Split) -> set[Key]:
        """Keys of the candidates that have a verdict."""
        rows = self._db.execute(
            "select v.problem_id, v.idx from verdicts v join problems p on p.id = v.problem_id"
            " where v.round = ? and p.split = ?",
            (round, split),
        )
        return {(row[0], row[1]) for row in rows}

    def unjudged(self, round: int, split: Split) -> list[Candidate]:
        """Candidates that were sampled but have no verdict yet."""
        rows = self._db.execute(
            "select c.record from candidates c join problems p on p.id = c.problem_id"
            " left join verdicts v using (round, problem_id, idx)"
            " where c.round = ? and p.split = ? and v.outcome is null",
            (round, split),
        )
        return [Candidate.from_line(row[0]) for row in rows]

    def judged(self, round: int, split: Split) -> Iterator[tuple[Problem, Candidate, Verdict]]:
        """Every judged candidate of a round and split, in order of problem and index."""
        rows = self._db.execute(
            "select p.id, p.record, c.record, v.record from problems p"
            " join candidates c on c.problem_id = p.id and c.round = ?"
            " join verdicts v on v.round = c.round and v.problem_id = c.problem_id"
            " and v.idx = c.idx where p.split = ? order by p.position, c.idx",
            (round, split),
        )
        problem: Problem | None = None
        for identity, record, candidate, verdict in rows:
            if problem is None or problem.id != identity:
                problem = Problem.from_line(record)
            yield problem, Candidate.from_line(candidate), Verdict.from_line(verdict)

    def outcomes(self, round: int, split: Split) -> dict[str, int]:
        """How many candidates of a round came out how."""
        rows = self._db.execute(
            "select v.outcome, count(*) from verdicts v join problems p on p.id = v.problem_id"
            " where v.round = ? and p.split = ? group by v.outcome",
            (round, split),
        )
        return dict(rows.fetchall())

    def outcomes_by_problem(self, round: int, split: Split) -> dict[str, dict[str, int]]:
        """The same for every problem that was sampled, in order of problem.

        A candidate that was truncated counts as "truncated", whatever its verdict: what it would
        have come to is not known.
        """
        rows = self._db.execute(
            "select p.id, case when v.outcome != 'error' and"
            " json_extract(c.record, '$.finish_reason') = 'length' then 'truncated'"
            " else v.outcome end as came_to, count(*) from problems p"
            " join verdicts v on v.problem_id = p.id join candidates c on c.round = v.round"
            " and c.problem_id = v.problem_id and c.idx = v.idx"
            " where v.round = ? and p.split = ? group by p.position, p.id, came_to"
            " order by p.position",
            (round, split),
        )
        found: dict[str, dict[str, int]] = {}
        for id, outcome, count in rows:
            found.setdefault(id, {})[outcome] = count
        return found

    def select(self, round: int, keys: Iterable[Key]) -> None:
        """Note which candidates of a round are trained on."""
        self._write(
            "insert or ignore into selections values (?, ?, ?)", ((round, *key) for key in keys)
        )

    def selected(self, round: int) -> set[Key]:
        """Keys of the candidates of a round that were selected."""
        rows = self._db.execute("select problem_id, idx from selections where round = ?", (round,))
        return {(row[0], row[1]) for row in rows}

    def put_metrics(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write measurements under (round, phase, step), and export them to `metrics.jsonl`.

        Those that were not there before also go to the `listener`.
        """
        new = [row for row in rows if not self._has_metric(row)] if self.listener else []
        self._write(
            "insert or replace into metrics values (?, ?, ?, ?)",
            ((r["round"], r["phase"], r.get("step", 0), json.dumps(r)) for r in rows),
        )
        self._export_metrics()
        if self.listener:
            self.listener(new)

    def count_metrics(self, phase: str, before: int) -> int:
        """How many measurements of a phase there are of rounds before `before`."""
        query = "select count(*) from metrics where phase = ? and round < ?"
        return int(self._db.execute(query, (phase, before)).fetchone()[0])

    def metrics(self, phase: str | None = None) -> list[dict[str, Any]]:
        """Measurements in order of round and step, of one phase or of all."""
        rows = self._db.execute(
            "select record from metrics where phase = coalesce(?, phase)"
            " order by round, phase, step",
            (phase,),
        )
        return [json.loads(row[0]) for row in rows]

    def _has_metric(self, row: dict[str, Any]) -> bool:
        query = "select 1 from metrics where round = ? and phase = ? and step = ?"
        key = (row["round"], row["phase"], row.get("step", 0))
        return self._db.execute(query, key).fetchone() is not None

    def _export_metrics(self) -> None:
        aside = self.folder / ".metrics.jsonl"
        aside.write_text("".join(json.dumps(row) + "\n" for row in self.metrics()))
        aside.replace(self.folder / "metrics.jsonl")

    def _write(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        with self._db:
            self._db.executemany(statement, rows)


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    if read_only and not path.is_file():
        raise JournalError(f"{path.parent}: not a run (it has no journal.sqlite)")
    try:
        if read_only:
            db = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            db.execute("select count(*) from metrics")
            return db
        db = sqlite3.connect(path, check_same_thread=False)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.executescript(SCHEMA)
        return db
    except sqlite3.OperationalError as error:
        if read_only:
            raise JournalError(f"{path}: cannot be read ({error})") from None
        raise UnwritableError(f"{path}: cannot be written ({error})") from None
    except sqlite3.DatabaseError as error:
        raise JournalError(f"{path}: damaged ({error}); move the run's folder away") from None
