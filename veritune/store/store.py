"""The store: candidates with their verdicts under named sets, and a run's metrics and policies.

All of it is in one sqlite file, the journal, in WAL mode, with one writer. A set is named
`STEM` or `STEM/PART`: "train/3", "test/3", "rollouts", "exam". Sets of one stem share its problems,
so those of "train" stand there once, whatever number of rounds samples them. Every candidate stands
under the key (set, problem, index): whatever is written twice after a kill is the same row. Rows
are facts: they are added, and never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from veritune.errors import JournalError
from veritune.files import write_text
from veritune.records import (
    Candidate,
    MetricsRow,
    Problem,
    Verdict,
    VerifiedCandidate,
    problem_from_line,
    whole,
)
from veritune.store.connection import Connection

# (problem id, index): a candidate within its set.
Key = tuple[str, int]


def stem_of(name: str) -> str:
    """What names a set's problems: "train" of "train/3"."""
    return name.partition("/")[0]


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


class Store:
    """Reads and writes `journal.sqlite` in a folder: a run's, or that of any other work."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.listener: Callable[[Sequence[MetricsRow]], None] | None = None
        self._db = Connection(folder / "journal.sqlite", read_only=read_only)

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False) -> Self:
        """Open the store in a folder that is there; the writer holds it alone.

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

    def begin(self, facts: Mapping[str, str], problems: Mapping[str, Sequence[Problem]]) -> None:
        """Write what a run follows from, all of it or nothing; problems by the stem of sets."""
        with self._db.writing() as db:
            for key, value in facts.items():
                db.execute("insert into facts values (?, 0, ?)", (key, value))
            for stem, asked in problems.items():
                db.executemany("insert into problems values (?, ?, ?, ?)", _rows_of(stem, asked))

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
        """Forget what later rounds wrote, all of it or nothing.

        A set is of the round that ends its name, as "train/3" is of 3; others are kept.
        """
        # By name: an exam of round 3 is "exam/3", and goes with it.
        later = [name for name in self.names() if (_round_of(name) or 0) > round]
        with self._db.writing() as db:
            for table in ("policies", "metrics"):
                db.execute(f"delete from {table} where round > ?", (round,))
            for table in ("candidates", "verdicts", "selections"):
                db.executemany(f"delete from {table} where name = ?", [(name,) for name in later])
        self.export_metrics()

    def names(self) -> list[str]:
        """The names of the sets that hold candidates."""
        return [row[0] for row in self._db.read("select distinct name from candidates")]

    def add_problems(self, name: str, problems: Sequence[Problem]) -> None:
        """Write a set's problems once; the same problems again change nothing.

        Raises `JournalError` where a problem of the same id reads differently.
        """
        stem = stem_of(name)
        query = "select record from problems where stem = ? and id = ?"
        for problem in problems:
            known = self._db.read(query, (stem, problem.id))
            if any(row[0] != problem.to_line() for row in known):
                raise JournalError(
                    f"{self.folder}: holds another problem of the id '{problem.id}'; give the"
                    " problems that this folder was begun with, or another folder"
                )
        self._db.write(
            "insert or ignore into problems values (?, ?, ?, ?)", _rows_of(stem, problems)
        )

    def problems(self, name: str) -> list[Problem]:
        """The problems of a set in their first order."""
        rows = self._db.read(
            "select record from problems where stem = ? order by position", (stem_of(name),)
        )
        return [problem_from_line(row[0]) for row in rows]

    def add_candidates(self, name: str, candidates: Iterable[Candidate]) -> None:
        """Write sampled candidates, without a verdict yet."""
        self._db.write(
            "insert or ignore into candidates values (?, ?, ?, ?)",
            ((name, c.problem_id, c.index, c.to_line()) for c in candidates),
        )

    def add_verified(self, name: str, verified: Sequence[tuple[Candidate, Verdict]]) -> None:
        """Write candidates with their verdicts in one transaction."""
        with self._db.writing() as db:
            db.executemany(
                "insert or ignore into candidates values (?, ?, ?, ?)",
                [(name, c.problem_id, c.index, c.to_line()) for c, _ in verified],
            )
            db.executemany(
                "insert or ignore into verdicts values (?, ?, ?, ?, ?)",
                [(name, v.problem_id, v.index, v.outcome, v.to_line()) for _, v in verified],
            )

    def keys(self, name: str) -> set[Key]:
        """Keys of the candidates of a set, with or without a verdict."""
        return self._keys("candidates", name)

    def verified_keys(self, name: str) -> set[Key]:
        """Keys of the candidates of a set that have a verdict."""
        return self._keys("verdicts", name)

    def candidates(self, name: str) -> Iterator[Candidate]:
        """The candidates of a set, with or without a verdict, in order of problem and index."""
        rows = self._db.read(
            "select c.record from problems p join candidates c on c.problem_id = p.id"
            " and c.name = ? where p.stem = ? order by p.position, c.idx",
            (name, stem_of(name)),
        )
        return (Candidate.from_line(row[0]) for row in rows)

    def unverified(self, name: str) -> list[Candidate]:
        """Candidates of a set that were sampled but have no verdict yet."""
        rows = self._db.read(
            "select c.record from candidates c left join verdicts v using (name, problem_id, idx)"
            " where c.name = ? and v.outcome is null",
            (name,),
        )
        return [Candidate.from_line(row[0]) for row in rows]

    def verified(self, name: str) -> Iterator[VerifiedCandidate]:
        """Every verified candidate of a set, in order of problem and index."""
        rows = self._db.read(
            "select p.id, p.record, c.record, v.record from problems p"
            " join candidates c on c.problem_id = p.id and c.name = ?"
            " join verdicts v on v.name = c.name and v.problem_id = c.problem_id"
            " and v.idx = c.idx where p.stem = ? order by p.position, c.idx",
            (name, stem_of(name)),
        )
        problem: Problem | None = None
        for identity, record, candidate, verdict in rows:
            if problem is None or problem.id != identity:
                problem = problem_from_line(record)
            yield problem, Candidate.from_line(candidate), Verdict.from_line(verdict)

    def outcomes(self, name: str) -> dict[str, int]:
        """How many candidates of a set came out how."""
        query = "select outcome, count(*) from verdicts where name = ? group by outcome"
        return dict(self._db.read(query, (name,)))

    def outcomes_by_problem(self, name: str) -> dict[str, dict[str, int]]:
        """The same for every problem that was sampled, in order of problem.

        A candidate that was truncated counts as "truncated", whatever its verdict: what it would
        have come to is not known.
        """
        rows = self._db.read(
            "select p.id, case when v.outcome != 'error' and"
            " json_extract(c.record, '$.finish_reason') = 'length' then 'truncated'"
            " else v.outcome end as came_to, count(*) from problems p"
            " join verdicts v on v.name = ? and v.problem_id = p.id join candidates c"
            " on c.name = v.name and c.problem_id = v.problem_id and c.idx = v.idx"
            " where p.stem = ? group by p.position, p.id, came_to order by p.position",
            (name, stem_of(name)),
        )
        found: dict[str, dict[str, int]] = {}
        for id, outcome, count in rows:
            found.setdefault(id, {})[outcome] = count
        return found

    def select(self, name: str, keys: Iterable[Key]) -> None:
        """Note which candidates of a set are trained on."""
        self._db.write(
            "insert or ignore into selections values (?, ?, ?)", ((name, *key) for key in keys)
        )

    def selected(self, name: str) -> set[Key]:
        """Keys of the candidates of a set that were selected."""
        return self._keys("selections", name)

    def put_metrics(self, rows: Sequence[MetricsRow]) -> None:
        """Add measurements under (round, phase, step), and export them to `metrics.jsonl`.

        What is there already stays as it is. Those that were not there before also go to the
        `listener`. Raises `JournalError` for a measurement of another policy than is there.
        """
        # A resumed round measures again what it had written down: the first stays.
        new = [row for row in rows if not self._has_metric(row)]
        number = self._last_export() + 1
        self._db.write(
            "insert or ignore into metrics values (?, ?, ?, ?, ?)",
            ((*_key(row), json.dumps(row), number) for row in new),
        )
        self.export_metrics()
        if self.listener:
            self.listener(new)

    def count_metrics(self, phase: str, before: int) -> int:
        """How many measurements of a phase there are of rounds before `before`."""
        query = "select count(*) from metrics where phase = ? and round < ?"
        return int(next(self._db.read(query, (phase, before)))[0])

    def metrics(self, phase: str | None = None) -> list[MetricsRow]:
        """Measurements in order of round and step, of one phase or of all."""
        return [_metrics(line) for line in self.metric_lines(phase)]

    def evaluations(self) -> list[MetricsRow]:
        """The newest evaluation of every round."""
        return list({whole(row, "round"): row for row in self.metrics("evaluate")}.values())

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

    def _keys(self, table: str, name: str) -> set[Key]:
        rows = self._db.read(f"select problem_id, idx from {table} where name = ?", (name,))
        return {(row[0], row[1]) for row in rows}

    def _last_export(self) -> int:
        return int(next(self._db.read("select coalesce(max(written), 0) from metrics"))[0])

    def _has_metric(self, row: MetricsRow) -> bool:
        query = "select record from metrics where round = ? and phase = ? and step = ?"
        known = [_metrics(found[0]) for found in self._db.read(query, _key(row))]
        if known and known[0].get("policy") != row.get("policy"):
            raise JournalError(
                f"{self.folder}: round {row['round']}: {row['phase']} was measured of policy"
                f" {known[0].get('policy')}, and this is {row.get('policy')}"
            )
        return bool(known)


def _key(row: MetricsRow) -> tuple[int, str, int]:
    """(round, phase, step) of a measurement."""
    return whole(row, "round"), str(row["phase"]), whole(row, "step", 0)


def _metrics(line: str) -> MetricsRow:
    row: MetricsRow = json.loads(line)
    return row


def _rows_of(stem: str, problems: Sequence[Problem]) -> Iterator[tuple[str, str, int, str]]:
    return ((stem, p.id, position, p.to_line()) for position, p in enumerate(problems))


def _round_of(name: str) -> int | None:
    part = name.partition("/")[2]
    return int(part) if part.isdigit() else None
