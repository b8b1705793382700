"""Rows with an answer, or with a worked solution that ends on one."""

from __future__ import annotations

import re
from dataclasses import replace

from veritune.errors import RecordError
from veritune.problems.cells import answer_text, is_empty, opened
from veritune.problems.shapes.prompts import prompt_of
from veritune.problems.shapes.row import Row, UncheckableError
from veritune.problems.shapes.solutions import Solved, check_is_answer, ends_on, read_answer
from veritune.records import MathProblem, MathReference

# Columns that show that a row is about a program.
PROGRAM = ("canonical_solution", "solution_code", "reference_code", "code", "code_context")
# Words of a response that may be an answer by themselves.
FEW_WORDS = 5


def read_math(row: Row) -> MathProblem:
    """The answer's column where it has one, else the end of its solution; empty where it was said
    that there is none."""
    prompt, said = prompt_of(row)
    if row.lacks_answer:
        reference = MathReference(answer="", solution=_worked(row, said))
        return MathProblem(id="", prompt=prompt, reference=reference)
    solved = check_is_answer(_solved(row, said))
    solution = solved.solution
    if solution is not None and solved.marker is None:
        solution = ends_on(solution, solved.answer)
    return MathProblem(
        id="",
        prompt=prompt,
        reference=MathReference(answer=solved.answer, solution=solution, marker=solved.marker),
        metadata={"answer_from": "the last number of the solution"} if solved.guessed else {},
    )


def _solved(row: Row, said: str | None) -> Solved:
    value = row.role("answer")
    worked = _worked(row, said)
    if is_empty(value) and worked is None:
        raise RecordError("no answer found")
    if is_empty(value):
        if row.maps("entry_point") or any(row.has(name) for name in PROGRAM):
            raise UncheckableError("answer: is a program, and the row has no tests to check it by")
        solved = read_answer(worked or "")
        # A few words may be an answer ("no solution"), a sentence without a number is not.
        wordy = len(solved.answer.split()) > FEW_WORDS and not re.search(r"\d", solved.answer)
        if solved.solution is None and wordy:
            raise UncheckableError("answer: a text in which no final answer is marked")
        return solved
    text = answer_text(value)
    if text is None:
        raise RecordError(f"answer: expected a text, a number or a list (got {value!r})"[:200])
    solved = read_answer(text)
    if solved.solution is None and worked is not None and worked.strip() != text:
        return replace(solved, solution=worked)
    return solved


def _worked(row: Row, said: str | None) -> str | None:
    """The worked solution: its column, or what an assistant's turn says."""
    value = opened(row.role("solution"))
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):  # a completion as messages
        value = value.get("content", value.get("value"))
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = answer_text(value)
    return value if isinstance(value, str) and value.strip() else said
