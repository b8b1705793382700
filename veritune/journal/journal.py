"""The journal: one sqlite file a run, in WAL mode, with one writer.

Every candidate stands under the key (round, problem, index), so whatever is written twice after a
kill is the same row. Evaluation candidates are told apart by their problem's split. Rows are facts:
they are added, and never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from veritune.errors import JournalError
from veritune.files import write_text
from veritune.journal.connection import Connection
from veritune.records import Candidate, Problem, Verdict, problem_from_line

Split = Literal["train", "test", "hint"]
Key = tuple[str, int]
"""(problem id, index): a candidate within its round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """The policy after a round: its hash, that of the one it was trained from, and its manifest.

    `kept` is False once the recipe let its checkpoint go.
    """

    round: int
    policy: str
    previous: str
    manifest: str
    kept: bool = True


class Journal:
    """Reads and writes `journal.sqlite` in a run's folder."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.listener: Callable[[Sequence[dict[str, Any]]], None] | None = None
        self._db = Connection(folder / "journal.sqlite", read_only=read_only)

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False) -> Self:
        """Open the journal of a run; the writer holds it alone.

        Raises `DamagedRunError` where its files do not hold what was written to them.
        """
        return cls(Path(folder), read_only=read_only)

    def close(self) -> None:
        """Release the file and the lock."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def run_id(self) -> str:
        """Names the run, in its journal and in its checkpoints."""
        return self.facts("run")[0]

    def begin(self, facts: Mapping[str, str], splits: Mapping[Split, Sequence[Problem]]) -> None:
        """Write what a run follows from, all of it or nothing."""
        with self._db.writing() as db:
            for key, value in facts.items():
                db.execute("insert into facts values (?, 0, ?)", (key, value))
            for split, problems in splits.items():
                db.executemany(
                    "insert into problems values (?, ?, ?, ?)", _rows_of(split, problems)
                )

    def facts(self, key: str) -> list[str]:
        """The values that were noted under a key, the newest last."""
        rows = self._db.read("select value from facts where key = ? order by number", (key,))
        return [row[0] for row in rows]

    def add_fact(self, key: str, value: str) -> None:
        """Note a newer value."""
        self._db.write("insert into facts values (?, ?, ?)", [(key, len(self.facts(key)), value)])

    def policies(self) -> dict[int, PolicyRow]:
        """The policies by round; that of round 0 is the start."""
        rows = self._db.read(
            "select round, policy, previous, manifest, kept from policies order by 1"
        )
        return {
            row[0]: PolicyRow(
                round=row[0], policy=row[1], previous=row[2], manifest=row[3], kept=bool(row[4])
            )
            for row in rows
        }

    def add_policy(self, row: PolicyRow) -> None:
        """Note the policy after a round, once its checkpoint is on disk."""
        self._db.write(
            "insert into policies values (?, ?, ?, ?, ?)",
            [(row.round, row.policy, row.previous, row.manifest, row.kept)],
        )

    def let_go(self, rounds: Sequence[int]) -> None:
        """Note that the checkpoints of these rounds are not kept."""
        self._db.write(
            "update policies set kept = 0 where round = ?", [(round,) for round in rounds]
        )

    def drop_after(self, round: int) -> None:
        """Forget what later rounds wrote, all of it or nothing."""
        with self._db.writing() as db:
            for table in ("policies", "candidates", "verdicts", "selections", "metrics"):
                db.execute(f"delete from {table} where round > ?", (round,))
        self.export_metrics()

    def add_problems(self, split: Split, problems: Sequence[Problem]) -> None:
        """Write a split once; the same problems again change nothing.

        Raises `JournalError` where a problem of the same id reads differently.
        """
        for problem in problems:
            known = self._db.read("select record from problems where id = ?", (problem.id,))
            if any(row[0] != problem.to_line() for row in known):
                raise JournalError(
                    f"{self.folder}: holds another problem of the id '{problem.id}'; give the"
                    " problems that this folder was begun with, or another folder"
                )
        self._db.write(
            "insert or ignore into problems values (?, ?, ?, ?)", _rows_of(split, problems)
        )

    def problems(self, split: Split) -> list[Problem]:
        """The problems of a split in their first order."""
        rows = self._db.read(
            "select record from problems where split = ? order by position", (split,)
        )
        return [problem_from_line(row[0]) for row in rows]

    def add_candidates(self, round: int, candidates: Iterable[Candidate]) -> None:
        """Write sampled candidates, without a verdict yet."""
        self._db.write(
            "insert or ignore into candidates values (?, ?, ?, ?)",
            ((round, c.problem_id, c.index, c.to_line()) for c in candidates),
        )

    def add_verified(self, round: int, verified: Sequence[tuple[Candidate, Verdict]]) -> None:
        """Write candidates with their verdicts in one transaction."""
        with self._db.writing() as db:
            db.executemany(
                "insert or ignore into candidates values (?, ?, ?, ?)",
                [(round, c.problem_id, c.index, c.to_line()) for c, _ in verified],
            )
            db.executemany(
                "insert or ignore into verdicts values (?, ?, ?, ?, ?)",
                [(round, v.problem_id, v.index, v.outcome, v.to_line()) for _, v in verified],
            )

    def keys(self, round: int) -> set[Key]:
        """Keys of the candidates of a round, with or without a verdict."""
        rows = self._db.read("select problem_id, idx from candidates where round = ?", (round,))
        return {(row[0], row[1]) for row in rows}

    def candidates(self, round: int, split: Split) -> Iterator[Candidate]:
        """The candidates of a round and split, with or without a verdict, in order of problem and
        index."""
        rows = self._db.read(
            "select c.record from problems p join candidates c on c.problem_id = p.id"
            " and c.round = ? where p.split = ? order by p.position, c.idx",
            (round, split),
        )
        return (Candidate.from_line(row[0]) for row in rows)

    def verified_keys(self, round: int, split: Split) -> set[Key]:
        """Keys of the candidates that have a verdict."""
        rows = self._db.read(
            "select v.problem_id, v.idx from verdicts v join problems p on p.id = v.problem_id"
            " where v.round = ? and p.split = ?",
            (round, split),
        )
        return {(row[0], row[1]) for row in rows}

    def unverified(self, round: int, split: Split) -> list[Candidate]:
        """Candidates that were sampled but have no verdict yet."""
        rows = self._db.read(
            "select c.record from candidates c join problems p on p.id = c.problem_id"
            " left join verdicts v using (round, problem_id, idx)"
            " where c.round = ? and p.split = ? and v.outcome is null",
            (round, split),
        )
        return [Candidate.from_line(row[0]) for row in rows]

    def verified(self, round: int, split: Split) -> Iterator[tuple[Problem, Candidate, Verdict]]:
        """Every verified candidate of a round and split, in order of problem and index."""
        rows = self._db.read(
            "select p.id, p.record, c.record, v.record from problems p"
            " join candidates c on c.problem_id = p.id and c.round = ?"
            " join verdicts v on v.round = c.round and v.problem_id = c.problem_id"
            " and v.idx = c.idx where p.split = ? order by p.position, c.idx",
            (round, split),
        )
        problem: Problem | None = None
        for identity, record, candidate, verdict in rows:
            if problem is None or problem.id != identity:
                problem = problem_from_line(record)
            yield problem, Candidate.from_line(candidate), Verdict.from_line(verdict)

    def outcomes(self, round: int, split: Split) -> dict[str, int]:
        """How many candidates of a round came out how."""
        rows = self._db.read(
            "select v.outcome, count(*) from verdicts v join problems p on p.id = v.problem_id"
            " where v.round = ? and p.split = ? group by v.outcome",
            (round, split),
        )
        return dict(rows)

    def outcomes_by_problem(self, round: int, split: Split) -> dict[str, dict[str, int]]:
        """The same for every problem that was sampled, in order of problem.

        A candidate that was truncated counts as "truncated", whatever its verdict: what it would
        have come to is not known.
        """
        rows = self._db.read(
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
        self._db.write(
            "insert or ignore into selections values (?, ?, ?)", ((round, *key) for key in keys)
        )

    def selected(self, round: int) -> set[Key]:
        """Keys of the candidates of a round that were selected."""
        rows = self._db.read("select problem_id, idx from selections where round = ?", (round,))
        return {(row[0], row[1]) for row in rows}

    def put_metrics(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add measurements under (round, phase, step), and export them to `metrics.jsonl`.

        What is there already stays as it is. Those that were not there before also go to the
        `listener`. Raises `JournalError` for a measurement of another policy than is there.
        """
        new = [row for row in rows if not self._has_metric(row)]
        number = self._last_export() + 1
        self._db.write(
            "insert or ignore into metrics values (?, ?, ?, ?, ?)",
            ((r["round"], r["phase"], r.get("step", 0), json.dumps(r), number) for r in new),
        )
        self.export_metrics()
        if self.listener:
            self.listener(new)

    def count_metrics(self, phase: str, before: int) -> int:
        """How many measurements of a phase there are of rounds before `before`."""
        query = "select count(*) from metrics where phase = ? and round < ?"
        return int(next(self._db.read(query, (phase, before)))[0])

    def metrics(self, phase: str | None = None) -> list[dict[str, Any]]:
        """Measurements in order of round and step, of one phase or of all."""
        return [json.loads(line) for line in self.metric_lines(phase)]

    def evaluations(self) -> list[dict[str, Any]]:
        """The newest evaluation of every round."""
        return list({row["round"]: row for row in self.metrics("evaluate")}.values())

    def metric_lines(self, phase: str | None = None, *, but_last: bool = False) -> list[str]:
        """The measurements as `metrics.jsonl` has them; as it was one export before: `but_last`."""
        rows = self._db.read(
            "select record from metrics where phase = coalesce(?, phase) and written <= ?"
            " order by round, phase, step",
            (phase, self._last_export() - but_last),
        )
        return [row[0] for row in rows]

    def export_metrics(self) -> None:
        """Write `metrics.jsonl` anew."""
        text = "".join(f"{line}\n" for line in self.metric_lines())
        write_text(self.folder / "metrics.jsonl", text)

    def _last_export(self) -> int:
        return int(next(self._db.read("select coalesce(max(written), 0) from metrics"))[0])

    def _has_metric(self, row: dict[str, Any]) -> bool:
        query = "select record from metrics where round = ? and phase = ? and step = ?"
        key = (row["round"], row["phase"], row.get("step", 0))
        known = [json.loads(found[0]) for found in self._db.read(query, key)]
        if known and known[0].get("policy") != row.get("policy"):
            raise JournalError(
                f"{self.folder}: round {row['round']}: {row['phase']} was measured of policy"
                f" {known[0].get('policy')}, and this is {row.get('policy')}"
            )
        return bool(known)


def _rows_of(split: Split, problems: Sequence[Problem]) -> Iterator[tuple[Any, ...]]:
    return ((p.id, split, position, p.to_line()) for position, p in enumerate(problems))
