"""The store: candidates with their verdicts under named sets, and a run's metrics and policies.

All of it is in one sqlite file, the journal, in WAL mode, with one writer. A set is named
`STEM` or `STEM/PART`: "train/3", "test/3", "rollouts", "exam". Sets of one stem share its problems,
so those of "train" stand there once, whatever number of rounds samples them. Every candidate stands
under the key (set, problem, index): whatever is written twice after a kill is the same row. Rows
are facts: they are added, and never changed; verdicts of a round that is not trained may go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from veritune.errors import JournalError
from veritune.records import (
    Candidate,
    MetricsRow,
    Problem,
    Verdict,
    VerifiedCandidate,
    problem_from_line,
    whole,
)
from veritune.store.adding import (
    CANDIDATE,
    PROBLEM,
    candidate_row,
    insert_verified,
    problem_rows,
)
from veritune.store.connection import Connection
from veritune.store.dropping import drop_rounds, drop_verdicts
from veritune.store.metrics import Metrics
from veritune.store.numbers import Key, Numbers, round_of, stem_of
from veritune.store.packing import unpack
from veritune.store.policies import PolicyRow


class Store:
    """Reads and writes `journal.sqlite` in a folder: a run's, or that of any other work."""

    def __init__(self, folder: Path, *, read_only: bool = False, check: bool = True) -> None:
        self.folder = folder
        self.listener: Callable[[Sequence[MetricsRow]], None] | None = None
        self._db = Connection(folder / "journal.sqlite", read_only=read_only, check=check)
        self._numbers = Numbers(self._db)
        self._metrics = Metrics(self._db, folder / "metrics.jsonl")

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False, check: bool = True) -> Self:
        """Open the store in a folder that is there; the writer holds it alone.

        Raises `DamagedRunError` where its files do not hold what was written to them; a reader
        does not look at all of them without `check`.
        """
        return cls(Path(folder), read_only=read_only, check=check)

    def close(self) -> None:
        """Release the file and the lock."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def compact(self) -> None:
        """Give back the room that the journal holds and does not use."""
        self._db.compact()

    def check_structure(self) -> None:
        """Raise `DamagedRunError` where what was written is no sound database; reads all of it.

        A writer does so beside its work, and the first write after it raises.
        """
        self._db.check_structure()

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
                db.executemany(f"insert into {PROBLEM}", problem_rows(stem, asked))

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
        """Note the policy after a round, once its checkpoint is on disk where it gets one."""
        self._db.write(
            "insert or replace into policies values (?, ?, ?, ?, ?)",
            [(row.round, row.policy, row.previous, row.manifest, row.kept)],
        )

    def let_go(self, rounds: Sequence[int]) -> None:
        """Note that the checkpoints of these rounds are not kept."""
        self._db.write(
            "update policies set kept = 0 where round = ?", [(round,) for round in rounds]
        )

    def drop_after(self, round: int, *, but: Collection[str] = ()) -> None:
        """Forget what later rounds wrote, all of it or nothing; the sets `but` are kept.

        A set is of the round that ends its name, as "train/3" is of 3; others are kept.
        """
        later = {name for name in self.names() if (round_of(name) or 0) > round}.difference(but)
        sets = [(self._numbers.of_set(name),) for name in sorted(later)]
        with self._db.writing() as db:
            drop_rounds(db, round, sets)
        self._numbers.forget()
        self._metrics.export()

    def forget_verdicts(self, name: str, *, errors_only: bool) -> int:
        """Forget verdicts of a set, and what was selected of it, so that they are made again;
        returns how many."""
        with self._db.writing() as db:
            return drop_verdicts(db, self._numbers.of_set(name), errors_only=errors_only)

    def names(self) -> list[str]:
        """The names of the sets that hold candidates."""
        return [row[0] for row in self._db.read("select name from sets order by 1")]

    def add_problems(self, name: str, problems: Sequence[Problem]) -> None:
        """Write a set's problems once; the same problems again change nothing.

        Raises `JournalError` where a problem of the same id reads differently.
        """
        stem = stem_of(name)
        query = "select record from problems where stem = ? and id = ?"
        for problem in problems:
            known = self._db.read(query, (stem, problem.id))
            if any(unpack(row[0]) != problem.to_line().encode() for row in known):
                raise JournalError(
                    f"{self.folder}: holds another problem of the id '{problem.id}'; give the"
                    " problems that this folder was begun with, or another folder"
                )
        self._db.write(f"insert or ignore into {PROBLEM}", problem_rows(stem, problems))

    def problems(self, name: str) -> list[Problem]:
        """The problems of a set in their first order."""
        rows = self._db.read(
            "select record from problems where stem = ? order by position", (stem_of(name),)
        )
        return [problem_from_line(unpack(row[0])) for row in rows]

    def add_candidates(self, name: str, candidates: Iterable[Candidate]) -> None:
        """Write sampled candidates, without a verdict yet.

        Raises `JournalError` for one of a problem that the set does not have.
        """
        added = list(candidates)
        keys = self._numbers.keys(name, ((c.problem_id, c.index) for c in added))
        rows = map(candidate_row, keys, added)
        self._db.write(f"insert or ignore into {CANDIDATE}", rows)

    def add_verified(self, name: str, verified: Sequence[tuple[Candidate, Verdict]]) -> None:
        """Write candidates with their verdicts in one transaction; raises as `add_candidates`."""
        keys = self._numbers.keys(name, ((c.problem_id, c.index) for c, _ in verified))
        with self._db.writing() as db:
            insert_verified(db, keys, verified)

    def keys(self, name: str) -> set[Key]:
        """Keys of the candidates of a set, with or without a verdict."""
        return self._keys(name)

    def verified_keys(self, name: str) -> set[Key]:
        """Keys of the candidates of a set that have a verdict."""
        return self._keys(name, "join verdicts v on v.number = c.number")

    def indices(self, name: str) -> dict[str, list[int]]:
        """The indices of every problem's candidates in a set, with or without a verdict."""
        found: dict[str, list[int]] = {}
        for id, index in self._key_rows(name):
            found.setdefault(id, []).append(index)
        return found

    def is_empty(self) -> bool:
        """Whether no candidate was ever written."""
        return not next(self._db.read("select exists (select 1 from candidates)"))[0]

    def count_verified(self, name: str) -> int:
        """How many candidates of a set have a verdict."""
        query = "select count(*) from marks where of_set = ?"
        return int(next(self._db.read(query, (self._numbers.of_set(name),)))[0])

    def candidates(self, name: str) -> Iterator[Candidate]:
        """The candidates of a set, with or without a verdict, in order of problem and index."""
        rows = self._db.read(
            f"select c.record from {self._ordered(name)} order by p.position, c.idx",
            (stem_of(name),),
        )
        return (Candidate.from_line(unpack(row[0])) for row in rows)

    def unverified(self, name: str) -> list[Candidate]:
        """Candidates of a set that were sampled but have no verdict yet."""
        query = "select count(*) from candidates where of_set = ?"
        sampled = next(self._db.read(query, (self._numbers.of_set(name),)))[0]
        if sampled == self.count_verified(name):  # Nearly always; a look at each takes long.
            return []
        rows = self._db.read(
            "select c.record from candidates c left join verdicts v on v.number = c.number"
            " where c.of_set = ? and v.number is null order by c.number",
            (self._numbers.of_set(name),),
        )
        return [Candidate.from_line(unpack(row[0])) for row in rows]

    def verified(self, name: str, *, selected: bool = False) -> Iterator[VerifiedCandidate]:
        """Every verified candidate of a set, or those selected, in order of problem and index."""
        chosen = "join selections s on s.number = c.number" if selected else ""
        rows = self._db.read(
            f"select p.number, p.record, c.record, v.record from {self._ordered(name)} {chosen}"
            " join verdicts v on v.number = c.number order by p.position, c.idx",
            (stem_of(name),),
        )
        problem: Problem | None = None
        last = -1
        for number, record, candidate, verdict in rows:
            if problem is None or number != last:
                problem, last = problem_from_line(unpack(record)), number
            yield (
                problem,
                Candidate.from_line(unpack(candidate)),
                Verdict.from_line(unpack(verdict)),
            )

    def outcomes(self, name: str) -> dict[str, int]:
        """How many candidates of a set came out how."""
        query = (
            "select v.outcome, count(*) from candidates c join verdicts v on v.number = c.number"
            " where c.of_set = ? group by v.outcome"
        )
        return dict(self._db.read(query, (self._numbers.of_set(name),)))

    def outcomes_by_problem(self, name: str) -> dict[str, dict[str, int]]:
        """The same for every problem that was sampled, in order of problem.

        A candidate that was truncated counts as "truncated", whatever its verdict: what it would
        have come to is not known.
        """
        rows = self._db.read(
            "select p.id, case when v.outcome != 'error' and c.truncated then 'truncated'"
            f" else v.outcome end as came_to, count(*) from {self._ordered(name)}"
            " join verdicts v on v.number = c.number"
            " group by p.position, p.id, came_to order by p.position",
            (stem_of(name),),
        )
        found: dict[str, dict[str, int]] = {}
        for id, outcome, count in rows:
            found.setdefault(id, {})[outcome] = count
        return found

    def select(self, name: str, keys: Iterable[Key]) -> None:
        """Note which candidates of a set are trained on."""
        keyed = self._numbers.keys(name, keys)
        where = "where of_set = ? and problem = ? and idx = ?"
        with self._db.writing() as db:
            db.executemany(
                f"insert or ignore into selections select number from candidates {where}", keyed
            )
            db.executemany(f"update marks set selected = 1 {where}", keyed)

    def selected(self, name: str) -> set[Key]:
        """Keys of the candidates of a set that were selected."""
        return self._keys(name, "join selections s on s.number = c.number")

    def put_metrics(self, rows: Sequence[MetricsRow]) -> None:
        """Add measurements under (round, phase, step), and export them to `metrics.jsonl`.

        What is there already stays as it is. Those that were not there before also go to the
        `listener`. Raises `JournalError` for a measurement of another policy than is there.
        """
        new = self._metrics.put(rows)
        if self.listener:
            self.listener(new)

    def count_metrics(self, phase: str, before: int) -> int:
        """How many measurements of a phase there are of rounds before `before`."""
        return self._metrics.count(phase, before)

    def metrics(self, phase: str | None = None) -> list[MetricsRow]:
        """Measurements in order of round and step, of one phase or of all."""
        return self._metrics.rows(phase)

    def evaluations(self) -> list[MetricsRow]:
        """The newest evaluation of every round."""
        return list({whole(row, "round"): row for row in self.metrics("evaluate")}.values())

    def exported_metrics(self, *, but_last: bool = False) -> bytes:
        """What `metrics.jsonl` holds; as it was one export before: `but_last`."""
        return self._metrics.exported(but_last=but_last)

    def _ordered(self, name: str) -> str:
        """The tables of a set's candidates; takes its stem as a value.

        A cross join keeps sqlite from taking candidates first: then it would sort them all.
        """
        return (
            "(select number, id, position, record from problems where stem = ?) p cross join"
            f" candidates c on c.of_set = {self._numbers.of_set(name)} and c.problem = p.number"
        )

    def _keys(self, name: str, joined: str = "") -> set[Key]:
        return set(self._key_rows(name, joined))

    def _key_rows(self, name: str, joined: str = "") -> Iterator[Key]:
        # One text for all candidates of a problem: of millions, a text each takes hundreds of MB.
        query = "select number, id from problems where stem = ?"
        ids = dict(self._db.read(query, (stem_of(name),)))
        rows = self._db.read(
            f"select c.problem, c.idx from candidates c {joined} where c.of_set = ?",
            (self._numbers.of_set(name),),
        )
        return ((ids[problem], index) for problem, index in rows)
