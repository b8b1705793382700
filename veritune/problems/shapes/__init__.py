"""Rows of any shape that data sets have, each read as a problem of ours.

A row is told by its keys: `SHAPES` are tried in order. Columns of other names are mapped with
`ColumnsConfig`; those that nothing is made of become metadata.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from veritune.config import ColumnsConfig
from veritune.errors import RecordError
from veritune.problems.cells import metadata_of
from veritune.problems.datasets import own
from veritune.problems.shapes.choices import is_choice, read_choice
from veritune.problems.shapes.evalplus import read_evalplus
from veritune.problems.shapes.math import read_math
from veritune.problems.shapes.nearest import unknown_shape
from veritune.problems.shapes.programs import is_code, read_code
from veritune.problems.shapes.row import Row, UncheckableError
from veritune.records import CodeProblem, MathProblem, Problem

__all__ = ["SHAPES", "Shape", "UncheckableError", "read_row", "shape_of"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of rows: its name, how a row is told, and how it is read."""

    name: str
    fits: Callable[[Row], bool]
    read: Callable[[Row], Problem]


SHAPES = (
    Shape("evalplus", lambda row: row.has("base_input", "canonical_solution"), read_evalplus),
    Shape("code", is_code, read_code),
    Shape("choice", is_choice, read_choice),
    Shape("math", lambda row: True, read_math),
)


def shape_of(row: Row) -> Shape:
    """The first shape that fits."""
    return next(shape for shape in SHAPES if shape.fits(row))


def read_row(
    where: str, values: dict[str, object], columns: ColumnsConfig, option: str = "--columns"
) -> Problem:
    """The problem of a row; `option` is what the mapping of columns is called where it is typed.

    Raises `UncheckableError` for a row that is whole and cannot be checked, and `RecordError` with
    one line for any other that is not read.
    """
    values = _unrolled(values)
    if own.is_own(values):
        return own.from_row((where, own.normal(values)))
    row = Row(where, values, columns)
    try:
        problem = shape_of(row).read(row)
    except RecordError as error:
        known = str(error).startswith(("no prompt found", "no answer found"))
        said = re.sub(r"^columns\.", f"{option}.", str(error))
        text = unknown_shape(row, said, option) if known else said
        raise type(error)(f"{where}: {text}") from None
    return _checked(where, row, problem)


def _checked(where: str, row: Row, problem: Problem) -> Problem:
    """The problem with its id and metadata, held to our own strict shape."""
    id = row.role("id")
    name = str(id).strip() if isinstance(id, str | int) else ""
    metadata = {**row.metadata(), **problem.metadata}
    whole = replace(problem, id=name or _content_id(problem), metadata=metadata)
    try:
        shape = CodeProblem if isinstance(whole, CodeProblem) else MathProblem
        found: Problem = shape.from_line(whole.to_line())
    except (RecordError, ValueError, TypeError, RecursionError) as error:
        raise RecordError(f"{where}: {error}") from None
    return found


def _content_id(problem: Problem) -> str:
    """An id that follows from the prompt and what it is checked by."""
    parts = [problem.prompt, problem.reference.to_json()]
    text = json.dumps(parts, sort_keys=True, default=str)
    return f"{problem.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _unrolled(values: dict[str, object]) -> dict[str, object]:
    """Open-Reasoner-Zero's rows: a list of turns, the last of which holds the answer."""
    listed = [values[str(at)] for at in range(len(values)) if str(at) in values]
    turns = [one for one in listed if isinstance(one, dict)]
    if len(turns) != len(values) or not turns:
        return values
    last = metadata_of(turns[-1])
    return {"prompt": [one for one in turns if "value" in one], **last}
