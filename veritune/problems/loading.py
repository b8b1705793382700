"""Problems from files and hub data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Literal, cast

from veritune.config import ColumnsConfig
from veritune.errors import InputError, RecipeError, RecordError
from veritune.plugins import check_call, is_plugin, load_plugin, what_went_wrong
from veritune.problems.complaints import Complaints
from veritune.problems.datasets import DATASETS, Rows
from veritune.problems.rows import DatasetRow, RowsPlace, all_rows, read_rows
from veritune.problems.rules import check_rule
from veritune.problems.shapes import UncheckableError, read_row
from veritune.records import CodeProblem, MathProblem, Problem
from veritune.text import shown

SOURCES = tuple(one.name for one in DATASETS.values() if isinstance(one.problems, Rows))
# The source that reads every known layout, row by row.
FILE = "file"
NO_COLUMNS = ColumnsConfig()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Problems, and what is to be said of the rows that they were read from."""

    problems: list[Problem]
    notes: tuple[str, ...] = ()


def load_problems(
    source: str, path: str | None, *, split: Literal["train", "test"], count: int | None
) -> list[Problem]:
    """The problems of a data set, as `load` reads them."""
    return load(source, path, split=split, count=count).problems


def load(
    source: str,
    path: str | None,
    *,
    split: str,
    count: int | None = None,
    config: str | None = None,
    revision: str | None = None,
    columns: ColumnsConfig = NO_COLUMNS,
    option: str = "--columns",
) -> Loaded:
    """The first `count` problems of a data set, or all.

    `path` is a file, a folder or a hub name; left out, the data set's own hub name. A file is
    taken whole; `split` picks in a folder or a hub data set. Raises `RecordError` that names all
    rows that are not right; rows that are whole and cannot be checked are left out, and noted.
    `option` is what the mapping of columns is called where it is typed.
    """
    if is_plugin(source):
        return load_own(source, split=split, count=count, path=path, columns=columns, option=option)
    reader = _rows(source)
    name = path or reader.hub
    if name is None:
        raise InputError(f"problems.path: missing; source '{source}' needs a file")
    config = config or (reader.hub_config if name == reader.hub else None)
    mapped = source == FILE or columns.maps_problems
    read = partial(_read_mapped, columns, option) if mapped else reader.from_row
    reading = _Reading(name, read, lenient=mapped)
    place = RowsPlace(path=name, split=split, config=config, revision=revision)
    for where, row in islice(all_rows(place), count):
        if isinstance(row, RecordError):
            reading.refuse(where, row)
        else:
            reading.take((where, row))
    return reading.finish()


def load_own(
    source: str,
    *,
    split: str,
    count: int | None,
    path: str | None,
    columns: ColumnsConfig,
    option: str,
) -> Loaded:
    """The problems of own code: a function `(split)` that gives rows of any known layout, or
    problems. One with a parameter `path` gets `problems.path`.
    """
    options = {"path": path} if path is not None else {}
    function = load_plugin(source, "problems.source")
    check_call(function, ("split",), options, source, "problems.source")
    reading = _Reading(source, partial(_read_mapped, columns, option), lenient=True)
    try:
        for number, row in enumerate(
            islice(cast("Iterable[object]", function(split, **options)), count), 1
        ):
            where = f"{source}:{number}"
            if isinstance(row, dict):
                reading.take((where, row))
            elif isinstance(row, MathProblem | CodeProblem):
                reading.take((where, row.to_json()))
            else:
                reading.refuse(where, RecordError("expected a dict or a problem"))
    except RecordError:
        raise
    except Exception as error:
        raise RecipeError(f"problems.source: {source!r}: {what_went_wrong(error)}") from None
    return reading.finish()


def read_problems(path: str) -> list[Problem]:
    """The problems of one of our own files."""
    return load("veritune", path, split="test").problems


def read_file(path: str, columns: ColumnsConfig = NO_COLUMNS) -> Loaded:
    """The problems of a file, a folder or a hub data set in any known layout."""
    source = FILE if columns.maps_problems else guess_source(path)
    return load(source, path, split="test", columns=columns)


def guess_source(path: str) -> str:
    """The data set that a file's first row belongs to: one that reads it, else any layout."""
    first = next(iter(read_rows(path, "test")))
    keys = set(first[1])
    for one in DATASETS.values():
        rows = one.problems
        if isinstance(rows, Rows) and rows.keys and rows.keys <= keys and not rows.others & keys:
            with suppress(RecordError):
                # Keys may be the same by chance: the row itself has to be read.
                rows.from_row(first)
                return one.name
    return FILE


class _Reading:
    """The problems of one file as they are read."""

    def __init__(self, name: str, read: Callable[[DatasetRow], Problem], *, lenient: bool) -> None:
        self._bad, self._left_out = Complaints(name), Complaints(name)
        self._name, self._read, self._lenient = name, read, lenient
        self._found: dict[str, Problem] = {}
        self._total = self._equal = self._anew = 0

    def take(self, row: DatasetRow) -> None:
        """Read one row."""
        self._total += 1
        try:
            problem = self._read(row)
            check_rule(problem, row[0])
            if problem.id in self._found:
                problem = self._renamed(problem)
            self._found[problem.id] = problem
        except _EqualError:
            self._equal += 1
        except UncheckableError as error:
            self._left_out.add(row[0], error)
        except RecordError as error:
            self._bad.add(row[0], error)

    def refuse(self, where: str, error: RecordError) -> None:
        """A row that is no row at all."""
        self._total += 1
        self._bad.add(where, error)

    def _renamed(self, problem: Problem) -> Problem:
        """A problem whose id another has: equal rows are one, other rows get their content's id."""
        known = self._found[problem.id]
        # In files of ours an id names one problem, and twice the same is a mistake.
        if not self._lenient or problem.metadata.get("kind"):
            raise RecordError(f"id: {problem.id!r} is a duplicate")
        if (known.prompt, known.reference) == (problem.prompt, problem.reference):
            raise _EqualError
        number = 2
        # Some data sets number their rows anew in every part.
        while (name := f"{problem.id}-{number}") in self._found:
            number += 1
        self._anew += 1
        return replace(problem, id=name)

    def finish(self) -> Loaded:
        """What was read; raises `RecordError` for what was not."""
        self._bad.raise_if_any(self._total)
        if not self._found:
            self._left_out.raise_if_any(self._total)
        notes = []
        if self._left_out.count:
            notes.append(
                f"{self._name}: {self._left_out.count} of {self._total} rows cannot be checked and"
                f" are left out: {self._left_out}"
            )
        if self._equal:
            notes.append(f"{self._name}: {self._equal} rows stand twice; each is read once")
        if self._anew:
            notes.append(
                f"{self._name}: {self._anew} rows have the id of another problem; they are named"
                " anew, as in ID-2, and candidates of ID are of the first"
            )
        problems = list(self._found.values())
        guessed = [one for one in problems if "answer_from" in one.metadata]
        if guessed:
            notes.append(
                f"{self._name}: in {len(guessed)} of {len(problems)} solutions no answer is marked;"
                f" the last number is taken ({shown(guessed[0].id)}:"
                f" {shown(getattr(guessed[0].reference, 'answer', ''))})"
            )
        return Loaded(problems, tuple(notes))


class _EqualError(Exception):
    """The same problem stands in the file already."""


def _read_mapped(columns: ColumnsConfig, option: str, row: DatasetRow) -> Problem:
    return read_row(*row, columns, option)


def _rows(name: str) -> Rows:
    """How a data set is read; raises `InputError` for a name that is none."""
    found = DATASETS[name].problems if name in DATASETS else None
    if not isinstance(found, Rows):
        raise InputError(f"problems.source: unknown source '{name}'; known: {', '.join(DATASETS)}")
    return found
