"""Problems from files and hub data sets."""

from __future__ import annotations

from itertools import islice
from typing import Literal

from veritune.errors import InputError, RecordError
from veritune.files import iter_lines
from veritune.problems.datasets import DATASETS, Rows
from veritune.problems.datasets.own import problem_of
from veritune.problems.rows import read_rows
from veritune.problems.rules import check_rule
from veritune.records import Problem

SOURCES = tuple(one.name for one in DATASETS.values() if isinstance(one.problems, Rows))


def load_problems(
    source: str, path: str | None, *, split: Literal["train", "test"], count: int | None
) -> list[Problem]:
    """The first `count` problems of a data set, or all.

    `path` is a file, a folder or a hub name; left out, the data set's own hub name. A file is
    taken whole; `split` picks in a folder or a hub data set. Raises `RecordError` with one line
    `file:line: what` for a row that is not right, and for a duplicate id.
    """
    reader = _rows(source)
    name = path or reader.hub
    if name is None:
        raise InputError(f"problems.path: missing; source '{source}' needs a file")
    config = reader.hub_config if name == reader.hub else None
    problems: dict[str, Problem] = {}
    for row in islice(read_rows(name, split, config), count):
        problem = reader.from_row(row)
        check_rule(problem, row[0])
        if problem.id in problems:
            raise RecordError(f"{row[0]}: id: {problem.id!r} is a duplicate")
        problems[problem.id] = problem
    return list(problems.values())


def read_problems(path: str) -> list[Problem]:
    """The problems of one of our own files; an empty one is refused."""
    problems = []
    for number, line in iter_lines(path):
        where = f"{path}:{number}"
        try:
            problem = problem_of(line)
        except RecordError as error:
            raise RecordError(f"{where}: {error}") from None
        check_rule(problem, where)
        problems.append(problem)
    if not problems:
        raise RecordError(f"{path}: empty; expected one problem a line")
    return problems


def guess_source(path: str) -> str:
    """The data set that a file's first row belongs to, by its keys."""
    where, row = next(iter(read_rows(path, "test")))
    keys = set(row)
    for one in DATASETS.values():
        if isinstance(one.problems, Rows) and one.problems.keys <= keys:
            return one.name
    known = ", ".join(sorted(keys)[:8]) or "none"
    raise RecordError(f"{where}: not a row of {', '.join(SOURCES)} (keys: {known}); give --source")


def _rows(name: str) -> Rows:
    """How a data set is read; raises `InputError` for a name that is none."""
    found = DATASETS[name].problems if name in DATASETS else None
    if not isinstance(found, Rows):
        raise InputError(f"problems.source: unknown source '{name}'; known: {', '.join(DATASETS)}")
    return found
