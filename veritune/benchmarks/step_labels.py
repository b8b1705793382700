"""Solutions whose first wrong step somebody marked, in any of the formats of `stepwise`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from veritune.problems import Neutral, read_stepwise
from veritune.records import MathProblem, Problem

# What PRM800K's rating 0 means: the step counts as right, as wrong, or the row is left out.
NeutralCounts = Literal["correct", "incorrect", "skip"]


@dataclass(frozen=True, slots=True)
class LabelledSolution:
    """`first_error` is the index of the first wrong step, None where all are right; `answer` is the
    problem's, where the row has it."""

    id: str
    problem: str
    steps: tuple[str, ...]
    first_error: int | None
    answer: str = ""


def read_labelled(path: str, *, split: str, neutral: NeutralCounts) -> Iterator[LabelledSolution]:
    """The solutions of a file, folder or hub data set; the format is seen row by row.

    Steps behind the first wrong one stand there where the row has them.
    """
    word: Neutral = "unchecked" if neutral == "skip" else neutral
    for problem, candidate, verdict in read_stepwise(path, split=split, neutral=word):
        labels = [step.label for step in verdict.steps]
        error = labels.index("incorrect") if "incorrect" in labels else None
        if not labels or (neutral == "skip" and "unchecked" in labels[:error]):
            continue
        steps = [candidate.text[step.start : step.end].strip() for step in verdict.steps]
        yield LabelledSolution(
            id=problem.id,
            problem=str(problem.prompt),
            steps=(*steps, *_unlabelled(problem, len(steps))),
            first_error=error,
            answer=problem.reference.answer if isinstance(problem, MathProblem) else "",
        )


def _unlabelled(problem: Problem, labelled: int) -> list[str]:
    """What PRM800K's second phase gave people to rate, behind what they rated."""
    # The row as it was read: `prm800k` found what it needs in it.
    row = cast("dict[str, dict[str, list[str] | None]]", problem.metadata["row"])
    written = row["question"].get("pre_generated_steps") if "question" in row else None
    return [str(step).strip() for step in (written or [])[labelled:]]
