"""How well a step checker finds the first wrong step of labelled solutions.

ProcessBench's measure (Zheng et al. 2024, arXiv 2412.06559): the share of wrong solutions whose
first error is found at its step, the share of right solutions in which none is found, and their
harmonic mean F1. Beside it: coverage, and precision and recall of "incorrect".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from veritune.benchmarks.step_labels import LabelledSolution
from veritune.records import Candidate, MathProblem, MathReference, Problem, StepVerdict
from veritune.verifiers import Span, StepLabeller


@dataclass(frozen=True, slots=True)
class CheckedSolution:
    """A labelled solution with what a checker said of its steps."""

    solution: LabelledSolution
    verdicts: tuple[StepVerdict, ...]

    @property
    def found(self) -> int | None:
        """The first step that the checker calls incorrect."""
        marks = (at for at, verdict in enumerate(self.verdicts) if verdict.label == "incorrect")
        return next(marks, None)


@dataclass(frozen=True, slots=True)
class StepScores:
    """Rates are None where there is nothing to take them of."""

    wrong: int
    right: int
    accuracy_wrong: float | None
    accuracy_right: float | None
    f1: float | None
    coverage: float | None
    precision: float | None
    recall: float | None
    # Steps that people call right, of those labelled "verified".
    verified_right: float | None


async def check_solutions(
    solutions: Sequence[LabelledSolution],
    checker: StepLabeller,
    *,
    at_once: int,
    problems: Sequence[Problem] | None = None,
) -> list[CheckedSolution]:
    """Run a checker on every solution, step by step as the file cuts them.

    `problems` are the solutions' own, as they are put to a model.
    """
    asked = problems or [problem_of(solution) for solution in solutions]
    found: dict[int, CheckedSolution] = {}
    waiting = iter(list(enumerate(solutions)))

    async def work() -> None:
        for at, solution in waiting:
            found[at] = await _checked(asked[at], solution, checker)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return [found[at] for at in range(len(solutions))]


def problem_of(solution: LabelledSolution) -> Problem:
    """The problem of a labelled solution."""
    reference = MathReference(answer=solution.answer)
    return MathProblem(id=solution.id, prompt=solution.problem, reference=reference)


async def _checked(
    problem: Problem, solution: LabelledSolution, checker: StepLabeller
) -> CheckedSolution:
    """A step that the checker says nothing of is unchecked."""
    text, spans = _joined(solution.steps)
    candidate = Candidate(problem_id=problem.id, index=0, text=text)
    said = {(step.start, step.end): step for step in await checker.check(problem, candidate, spans)}
    verdicts = [
        said.get(span) or StepVerdict(start=span[0], end=span[1], label="unchecked", reason="")
        for span in spans
    ]
    return CheckedSolution(solution, tuple(verdicts))


def _joined(steps: Sequence[str]) -> tuple[str, list[Span]]:
    """The steps as one text, a blank line between, and where each stands."""
    spans: list[Span] = []
    at = 0
    for number, step in enumerate(steps, 1):
        end = at + len(step) + (2 if number < len(steps) else 0)
        spans.append((at, end))
        at = end
    return "\n\n".join(steps), spans


def scores(checked: Sequence[CheckedSolution]) -> StepScores:
    """The measure. "incorrect" is right where it marks the first wrong step.

    Steps behind the first wrong one have no label, so marks on them do not count.
    """
    wrong = [item for item in checked if item.solution.first_error is not None]
    right = [item for item in checked if item.solution.first_error is None]
    hits = sum(item.found == item.solution.first_error for item in wrong)
    clean = sum(item.found is None for item in right)
    labelled = [verdict for item in checked for verdict in labelled_steps(item)]
    marked = sum(verdict.label == "incorrect" for verdict in labelled)
    at_error = sum(
        item.verdicts[item.solution.first_error or 0].label == "incorrect" for item in wrong
    )
    one, other = _rate(hits, len(wrong)), _rate(clean, len(right))
    return StepScores(
        wrong=len(wrong),
        right=len(right),
        accuracy_wrong=one,
        accuracy_right=other,
        f1=None if one is None or other is None else _harmonic(one, other),
        coverage=_rate(sum(v.label != "unchecked" for v in labelled), len(labelled)),
        precision=_rate(at_error, marked),
        recall=_rate(at_error, len(wrong)),
        verified_right=_verified_right(checked),
    )


def _verified_right(checked: Sequence[CheckedSolution]) -> float | None:
    verified = [
        at != item.solution.first_error
        for item in checked
        for at, verdict in enumerate(labelled_steps(item))
        if verdict.label == "verified"
    ]
    return _rate(sum(verified), len(verified))


def labelled_steps(item: CheckedSolution) -> Sequence[StepVerdict]:
    """The verdicts on steps that people labelled."""
    error = item.solution.first_error
    return item.verdicts if error is None else item.verdicts[: error + 1]


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def confusions(checked: Iterable[CheckedSolution]) -> list[str]:
    """Every solution where checker and label differ, to read: what, where, and why."""
    return [_confusion(item) for item in checked if item.found != item.solution.first_error]


def _confusion(item: CheckedSolution) -> str:
    found, error = item.found, item.solution.first_error
    said = "none" if found is None else f"step {found + 1}"
    label = "none" if error is None else f"step {error + 1}"
    lines = [f"{item.solution.id}: first error {label}, found {said}"]
    for at in sorted({at for at in (error, found) if at is not None}):
        lines.append(f"  step {at + 1}: {' '.join(item.solution.steps[at].split())}")
        lines.append(f"    {item.verdicts[at].label}: {item.verdicts[at].reason}")
    return "\n".join(lines)
