"""The project's own files: one problem a line, in jsonl, jsonl.zst or parquet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TypeGuard

from veritune.errors import RecordError
from veritune.problems.cells import answer_text
from veritune.problems.datasets.dataset import DataSet, Rows
from veritune.problems.rows import DatasetRow
from veritune.records import MathProblem, Problem, problem_from_line
from veritune.text import parse_json


def is_own(values: dict[str, object]) -> bool:
    """Whether a row has our own shape, up to what `normal` puts right."""
    keys = values.keys()
    typed = {"kind", "prompt", "reference"} <= keys and values["kind"] in ("math", "code")
    return {"id", "kind", "reference"} <= keys or typed


def is_hand_written(values: object) -> TypeGuard[dict[str, object]]:
    """Whether `normal` has something to put right."""
    return isinstance(values, dict) and normal(values) != values


def normal(values: dict[str, object]) -> dict[str, object]:
    """A row of ours as people write it by hand: numbers as answers and ids, asserts as a list."""
    reference = values.get("reference")
    if not isinstance(reference, dict):
        return values
    reference = dict(reference)
    if (answer := reference.get("answer")) is not None and not isinstance(answer, str):
        reference["answer"] = answer_text(answer) or answer
    tests = reference.get("tests")
    if isinstance(tests, list) and tests and all(isinstance(one, str) for one in tests):
        reference["tests"] = {"type": "asserts", "code": "\n".join(tests)}
    elif isinstance(tests, str):
        reference["tests"] = {"type": "asserts", "code": tests}
    found = {**values, "reference": reference}
    id = found.get("id")
    if isinstance(id, int) and not isinstance(id, bool):
        found["id"] = str(id)
    elif id is None:
        text = json.dumps([found.get("prompt"), reference], sort_keys=True)
        found["id"] = f"{found.get('kind')}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return found


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
        values = parse_json(line, finite=False)
    except ValueError as error:
        raise RecordError(str(error)) from None
    problem = problem_from_line(json.dumps(normal(values)) if is_hand_written(values) else line)
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
