"""Problems from files and hub data sets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Literal, NamedTuple

from veritune.errors import InputError, RecordError
from veritune.problems import gsm8k, humaneval, mbpp, own
from veritune.problems.rows import Row, read_rows
from veritune.records import Problem


class Source(NamedTuple):
    """How one data set is read: its hub name and configuration, and a row's problem."""

    from_row: Callable[[Row], Problem]
    hub: str | None = None
    hub_config: str | None = None


SOURCES = {
    "gsm8k": Source(gsm8k.from_row, gsm8k.HUB, gsm8k.HUB_CONFIG),
    "humaneval": Source(humaneval.from_row, humaneval.HUB),
    "mbpp": Source(mbpp.from_row, mbpp.HUB, mbpp.HUB_CONFIG),
    "veritune": Source(own.from_row),
}


def load_problems(
    source: str, path: str | None, *, split: Literal["train", "test"], count: int | None
) -> list[Problem]:
    """The first `count` problems of a data set, or all.

    `path` is a file, a folder or a hub name; left out, the data set's own hub name. A file is
    taken whole; `split` picks in a folder or a hub data set. Raises `RecordError` with one line
    `file:line: what` for a row that is not right, and for an id that stands twice.
    """
    reader = _source(source)
    name = path or reader.hub
    if name is None:
        raise InputError(f"problems.path: missing; source '{source}' needs a file")
    config = reader.hub_config if name == reader.hub else None
    problems: dict[str, Problem] = {}
    for row in islice(read_rows(name, split, config), count):
        problem = reader.from_row(row)
        if problem.id in problems:
            raise RecordError(f"{row[0]}: id: {problem.id!r} stands twice")
        problems[problem.id] = problem
    return list(problems.values())


def guess_source(path: str) -> str:
    """The data set that a file's first row belongs to, by its keys."""
    where, row = next(iter(read_rows(path, "test")))
    keys = set(row)
    if {"id", "kind", "reference"} <= keys:
        return "veritune"
    if {"question", "answer"} <= keys:
        return "gsm8k"
    if {"entry_point", "canonical_solution"} <= keys:
        return "humaneval"
    if {"code", "test_list"} <= keys:
        return "mbpp"
    known = ", ".join(sorted(keys)[:8]) or "none"
    raise RecordError(f"{where}: not a row of {', '.join(SOURCES)} (keys: {known}); give --source")


def _source(name: str) -> Source:
    if name not in SOURCES:
        known = ", ".join(["chain", "equations", "functions", *SOURCES])
        raise InputError(f"problems.source: unknown source '{name}'; known: {known}")
    return SOURCES[name]
