"""The project's own files: one problem a line, in jsonl, jsonl.zst or parquet."""

from __future__ import annotations

import json
from dataclasses import replace

from veritune.errors import RecordError
from veritune.problems.datasets.dataset import DataSet, Rows
from veritune.problems.rows import DatasetRow
from veritune.records import MathProblem, Problem, problem_from_line
from veritune.text import parse_json


def from_row(row: DatasetRow) -> Problem:
    """Checked strictly: unknown keys and wrong types are refused."""
    where, values = row
    try:
        return problem_of(json.dumps(values))
    except RecordError as error:
        raise RecordError(f"{where}: {error}") from None


def problem_of(line: str) -> Problem:
    """The problem of one line of a file.

    Files name what stands before the answer in their metadata, too: it is taken from there where
    the reference has none.
    """
    try:
        # First as JSON: pydantic lets keys stand twice, and does not say which text is damaged.
        parse_json(line, finite=False)
    except ValueError as error:
        raise RecordError(str(error)) from None
    problem = problem_from_line(line)
    marker = problem.metadata.get("marker")
    if isinstance(problem, MathProblem) and isinstance(marker, str):
        reference = problem.reference
        marked = replace(reference, marker=reference.marker or marker)
        return replace(problem, reference=marked)
    return problem


DATA_SET = DataSet(
    name="veritune",
    problems=Rows(from_row=from_row, keys=frozenset({"id", "kind", "reference"})),
)
