"""Reading a journal a page at a time, beside whoever writes it: what a viewer asks.

No query holds the journal for longer than it takes to fetch a page, and none reads all records.
"""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from veritune.errors import MissingCandidateError
from veritune.records import (
    Candidate,
    MetricsRow,
    Problem,
    Verdict,
    VerifiedCandidate,
    problem_from_line,
)
from veritune.store.connection import Cell, Connection
from veritune.store.filters import (
    BY_LENGTH,
    FEW,
    KEYS,
    Filter,
    Place,
    conditions,
    order_by,
    place_of,
    table,
)
from veritune.store.marks import DEGREES, ERROR, KINDS, STEPS, outcome_of
from veritune.store.metrics import Metrics
from veritune.store.numbers import Key, Numbers, stem_of
from veritune.store.packing import unpack

# Seconds that one search in texts may take; it says how far it came.
SEARCH_SECONDS = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One candidate in a list; `number` is its problem's."""

    set: str
    problem: str
    number: int
    index: int
    outcome: str
    kind: str
    flag: str | None
    flags: str
    steps: str
    truncated: bool
    selected: bool
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of what a filter lets through; `after` is where the next page begins, None at the end.

    `looked` is how many candidates a search in texts read for it.
    """

    rows: list[Listed]
    after: Place | None
    looked: int | None = None


class Browser:
    """Reads `journal.sqlite` of a folder; one thread at a time."""

    def __init__(self, folder: Path) -> None:
        # Its pages are not checked: of two million candidates that takes longer than a first page.
        self._db = Connection(folder / "journal.sqlite", read_only=True, check=False)
        self._numbers = Numbers(self._db)
        self._metrics = Metrics(self._db, folder / "metrics.jsonl")

    def policies(self) -> dict[int, str]:
        """The policy after every round that has ended; that of round 0 is the start."""
        return dict(self._db.read("select round, policy from policies order by 1"))

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, query: str, values: Sequence[Cell] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, for this wing's own counts."""
        return self._db.read(query, values)

    def facts(self, key: str) -> list[str]:
        """The values that were noted under a key, the newest last."""
        query = "select value from facts where key = ? order by number"
        return [row[0] for row in self._db.read(query, (key,))]

    def metrics(self, phase: str | None = None) -> list[MetricsRow]:
        """Measurements in order of round and step."""
        return self._metrics.rows(phase)

    def sets(self) -> dict[str, int]:
        """The sets with their numbers, in the order in which they were begun."""
        return dict(self._db.read("select name, number from sets order by number"))

    def version(self) -> int:
        """Changes when another process has written."""
        return int(next(self._db.read("pragma data_version"))[0])

    def page(self, filter: Filter, after: Place | None = None, limit: int = 50) -> Page:
        """The candidates of a filter that come after a place."""
        tables, where, values = self._narrowed(filter)
        order, more, more_values = order_by(filter, after)
        parts = [
            self._db.read(
                f"select {KEYS} from {tables} where {part} and {where}{more} order by {order}",
                [*values, *more_values],
            )
            for part in self._parts(tables)
        ]
        rows: Iterator[Place] = heapq.merge(*parts, reverse=filter.sort == "longest")
        if filter.text:
            return self._searched(rows, filter, limit)
        found = [row for row, _ in zip(rows, range(limit), strict=False)]
        last = place_of(found[-1], filter.sort) if len(found) == limit else None
        return Page(rows=self._listed(found), after=last)

    def count(self, filter: Filter, most: int) -> int:
        """How many candidates a filter lets through, counted to `most`; `text` is not looked at."""
        tables, where, values = self._narrowed(filter)
        found = 0
        for part in self._parts(tables):
            query = f"select 1 from {tables} where {part} and {where} limit ?"
            found += self._count(query, [*values, most - found])
        return found

    def candidate(self, name: str, key: Key) -> tuple[VerifiedCandidate, bool]:
        """One candidate with its problem and verdict, and whether it was selected."""
        rows = self._db.read(
            "select p.record, c.record, v.record, exists"
            " (select 1 from selections s where s.number = c.number)"
            " from problems p join candidates c on c.of_set = ? and c.problem = p.number"
            " join verdicts v on v.number = c.number where p.stem = ? and p.id = ? and c.idx = ?",
            (self._numbers.of_set(name), stem_of(name), *key),
        )
        for problem, candidate, verdict, selected in rows:
            return (
                problem_from_line(unpack(problem)),
                Candidate.from_line(unpack(candidate)),
                Verdict.from_line(unpack(verdict)),
            ), bool(selected)
        raise MissingCandidateError(f"{name}: no verified candidate {key[1]} of '{key[0]}'")

    def of_problem(self, stem: str, id: str) -> list[Listed]:
        """Every candidate of a problem, by set and index."""
        rows = self._db.read(
            f"select {KEYS} from problems p cross join sets t cross join marks m"
            " on m.of_set = t.number and m.problem = p.number where p.stem = ? and p.id = ?"
            " order by m.of_set, m.idx",
            (stem, id),
        )
        return self._listed(rows)

    def group(self, name: str, id: str, most: int = -1) -> tuple[list[VerifiedCandidate], set[int]]:
        """The verified candidates of a problem in a set, `most` or all, by index; and which were
        selected."""
        rows = self._db.read(
            "select p.record, c.record, v.record, exists"
            " (select 1 from selections s where s.number = c.number)"
            " from problems p join candidates c"
            " on c.of_set = ? and c.problem = p.number join verdicts v on v.number = c.number"
            " where p.stem = ? and p.id = ? order by c.idx limit ?",
            (self._numbers.of_set(name), stem_of(name), id, most),
        )
        found: list[VerifiedCandidate] = []
        selected: set[int] = set()
        for problem, candidate, verdict, chosen in rows:
            one = Candidate.from_line(unpack(candidate))
            # Of one problem; read once.
            of = found[0][0] if found else problem_from_line(unpack(problem))
            found.append((of, one, Verdict.from_line(unpack(verdict))))
            selected |= {one.index} if chosen else set()
        return found, selected

    def problems(self, numbers: list[int]) -> dict[int, Problem]:
        """Problems by their number."""
        asked = ", ".join(str(int(number)) for number in numbers)
        rows = self._db.read(f"select number, record from problems where number in ({asked})")
        return {row[0]: problem_from_line(unpack(row[1])) for row in rows}

    def find_problems(self, stem: str, words: str) -> tuple[set[int], int | None]:
        """The problems of a stem that hold these words in id or prompt, by their number; and how
        many were looked at where the time did not suffice for all."""
        wanted, until = words.casefold(), time.monotonic() + SEARCH_SECONDS
        found: set[int] = set()
        rows = self._db.read(
            "select number, id, record from problems where stem = ? order by number", (stem,)
        )
        for looked, (number, id, record) in enumerate(rows):
            if time.monotonic() > until:
                return found, looked
            if wanted in id.casefold() or wanted in _prompt_text(record).casefold():
                found.add(number)
        return found, None

    def problem_sizes(self) -> dict[int, tuple[str, int]]:
        """The stem of every problem and its verified candidates in all sets, by its number."""
        rows = self._db.read(
            "select p.number, p.stem, c.many from problems p join"
            " (select problem, count(*) as many from marks group by problem) c"
            " on p.number = c.problem order by p.number"
        )
        return {number: (stem, many) for number, stem, many in rows}

    def error_reasons(self, name: str, most: int) -> list[str]:
        """Why verifiers failed: the reasons of the first `most` errors of a set."""
        rows = self._db.read(
            "select v.record from marks m join candidates c on c.of_set = m.of_set"
            " and c.problem = m.problem and c.idx = m.idx join verdicts v on v.number = c.number"
            " where m.kind = ? and m.of_set = ? limit ?",
            (ERROR, self._numbers.of_set(name), most),
        )
        return [Verdict.from_line(unpack(row[0])).reason for row in rows]

    def _narrowed(self, filter: Filter) -> tuple[str, str, list[Cell]]:
        """(tables, conditions, their values) of a filter."""
        flagged = f"select 1 from marks where degree > 0 limit {FEW + 1}"
        few = filter.flag is None or self._count(flagged) <= FEW
        of_set = self._numbers.of_set(filter.set) if filter.set is not None else -1
        return table(filter, few_flagged=few), *conditions(filter, of_set)

    def _parts(self, tables: str) -> list[str]:
        """Conditions of what has an order of its own: all rows, or the parts that lengths have."""
        if tables != BY_LENGTH:
            return ["1"]
        last = next(self._db.read(f"select max(m.part) from {BY_LENGTH}"))[0]
        return [f"m.part = {part}" for part in range(0 if last is None else last + 1)]

    def _count(self, query: str, values: Sequence[Cell] = ()) -> int:
        """How many rows a query has."""
        return int(next(self._db.read(f"select count(*) from ({query})", values))[0])

    def _searched(self, rows: Iterator[Place], filter: Filter, limit: int) -> Page:
        """Those whose text or reason holds what is looked for, as far as the time allows."""
        wanted, until = filter.text.casefold(), time.monotonic() + SEARCH_SECONDS
        found: list[Place] = []
        looked, last = 0, None
        for row in rows:
            looked += 1
            if wanted in self._text(row):
                found.append(row)
            if len(found) == limit or time.monotonic() > until:
                last = place_of(row, filter.sort)
                break
        return Page(rows=self._listed(found), after=last, looked=looked)

    def _text(self, row: Place) -> str:
        """What is searched of a candidate, in one case."""
        query = (
            "select c.record, v.record from candidates c join verdicts v on v.number = c.number"
            " where c.of_set = ? and c.problem = ? and c.idx = ?"
        )
        found = [
            f"{json.loads(unpack(candidate))['text']}\n{json.loads(unpack(verdict))['reason']}"
            for candidate, verdict in self._db.read(query, row[1:])
        ]
        return "".join(found).casefold()

    def _listed(self, rows: Iterable[Place]) -> list[Listed]:
        """Rows of keys with what stands under them."""
        names = {number: name for name, number in self.sets().items()}
        query = (
            "select p.id, m.kind, m.degree, m.flags, m.steps, m.truncated, m.selected,"
            " m.length from marks m"
            " join problems p on p.number = m.problem"
            " where m.of_set = ? and m.problem = ? and m.idx = ?"
        )
        # What a run that goes back to an earlier round has dropped meanwhile is left out.
        found = ((row, now) for row in list(rows) for now in self._db.read(query, row[1:]))
        return [
            Listed(
                set=names.get(row[1], ""),
                problem=id,
                number=row[2],
                index=row[3],
                outcome=outcome_of(kind),
                kind=KINDS[kind],
                flag=DEGREES[degree],
                flags=flags,
                steps=STEPS[steps],
                truncated=bool(truncated),
                selected=bool(selected),
                length=length,
            )
            for row, (id, kind, degree, flags, steps, truncated, selected, length) in found
        ]


def _prompt_text(record: bytes) -> str:
    """A packed problem's prompt, its messages one after the other."""
    prompt = json.loads(unpack(record))["prompt"]
    return prompt if isinstance(prompt, str) else "\n".join(turn["content"] for turn in prompt)
