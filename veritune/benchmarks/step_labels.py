"""Solutions whose first wrong step people marked, in ProcessBench's or PRM800K's format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from veritune.errors import RecordError
from veritune.problems.rows import Row, read_rows

Neutral = Literal["correct", "incorrect", "skip"]
"""What PRM800K's rating 0 means: the step counts as right, as wrong, or the row is left out."""


@dataclass(frozen=True, slots=True)
class LabelledSolution:
    """`first_error` is the index of the first wrong step, None where all are right."""

    id: str
    problem: str
    steps: tuple[str, ...]
    first_error: int | None


def read_labelled(path: str, *, split: str, neutral: Neutral) -> Iterator[LabelledSolution]:
    """The solutions of a file, folder or hub data set; the format is seen row by row.

    ProcessBench: `problem`, `steps`, `label` (-1: no error). PRM800K: `question`, `label.steps`
    with rated completions; the path is the one that was chosen, and ends at its first error.
    """
    for row in read_rows(path, split):
        try:
            solution = _solution(row, neutral)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise RecordError(
                f"{row[0]}: not a row of ProcessBench or PRM800K ({type(error).__name__}: {error})"
            ) from None
        if solution is not None:
            yield solution


def _solution(row: Row, neutral: Neutral) -> LabelledSolution | None:
    where, values = row
    if "steps" in values and "label" in values:
        return _processbench(where, values)
    return _prm800k(where, values, neutral)


def _processbench(where: str, values: dict[str, Any]) -> LabelledSolution:
    steps, label = values["steps"], values["label"]
    if not (isinstance(steps, list) and all(isinstance(step, str) for step in steps)):
        raise RecordError(f"{where}: steps: expected a list of strings")
    if not isinstance(label, int) or not -1 <= label < len(steps):
        raise RecordError(f"{where}: label: expected -1 or the number of a step (got {label!r})")
    return LabelledSolution(
        id=str(values.get("id", where)),
        problem=str(values["problem"]),
        steps=tuple(steps),
        first_error=None if label == -1 else label,
    )


def _prm800k(where: str, values: dict[str, Any], neutral: Neutral) -> LabelledSolution | None:
    written = values["question"].get("pre_generated_steps")
    steps: list[str] = []
    error: int | None = None
    for number, step in enumerate(values["label"]["steps"]):
        completion = _chosen(step, given=written is not None)
        if completion is None:
            break
        steps.append(completion["text"])
        rating = completion["rating"]
        if rating == 0 and neutral == "skip":
            return None
        if rating == -1 or (rating == 0 and neutral == "incorrect"):
            error = number
            break
    if not steps:
        return None
    if written is not None:
        steps += written[len(steps) :]
    return LabelledSolution(
        id=where, problem=values["question"]["problem"], steps=tuple(steps), first_error=error
    )


def _chosen(step: dict[str, Any], *, given: bool) -> dict[str, Any] | None:
    """The completion that the path takes: the solution's own step where one was given."""
    completions = step["completions"]
    if given:
        return dict(completions[0]) if completions else None
    chosen = step["chosen_completion"]
    if chosen is not None:
        taken: dict[str, Any] = completions[chosen]
        return taken
    human = step["human_completion"]
    return {"text": human["text"], "rating": 1} if human else None
