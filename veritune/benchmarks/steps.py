"""`veritune bench steps FILE`: how well a step checker finds the first wrong step.

ProcessBench's measure (Zheng et al. 2024, arXiv 2412.06559): the share of wrong solutions whose
first error is found at its step, the share of right solutions in which none is found, and their
harmonic mean F1. Beside it: coverage, and precision and recall of "incorrect".
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import get_args

from veritune.benchmarks.step_labels import LabelledSolution, Neutral, read_labelled
from veritune.errors import RecordError
from veritune.records import MathProblem, MathReference, Problem, StepVerdict
from veritune.verifiers.steps import Span, check_steps

# From a problem, a solution and the spans of its steps to a verdict for each.
Checker = Callable[[Problem, str, Sequence[Span]], Sequence[StepVerdict]]


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


def check_solutions(
    solutions: Iterable[LabelledSolution], checker: Checker = check_steps
) -> list[CheckedSolution]:
    """Run a checker on every solution, step by step as the file cuts them."""
    checked = []
    for solution in solutions:
        problem = MathProblem(
            id=solution.id, prompt=solution.problem, reference=MathReference(answer="")
        )
        text, spans = _joined(solution.steps)
        checked.append(CheckedSolution(solution, tuple(checker(problem, text, spans))))
    return checked


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
    labelled = [verdict for item in checked for verdict in _labelled(item)]
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
    )


def _labelled(item: CheckedSolution) -> Sequence[StepVerdict]:
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


def main(argv: list[str]) -> int:
    """Measure the rules on a file and print."""
    arguments = _arguments(argv)
    rows = read_labelled(arguments.file, split=arguments.split, neutral=arguments.neutral)
    checked = check_solutions(islice(rows, arguments.limit))
    if not checked:
        raise RecordError(f"{arguments.file}: no labelled solution in it")
    found = scores(checked)
    print(f"{found.wrong} wrong and {found.right} right solutions")
    for name, value in (
        ("first error found, of wrong solutions", found.accuracy_wrong),
        ("nothing found, of right solutions", found.accuracy_right),
        ("F1, their harmonic mean", found.f1),
        ("coverage: steps checked, of labelled steps", found.coverage),
        ("precision of 'incorrect'", found.precision),
        ("recall of 'incorrect'", found.recall),
    ):
        print(f"{name:<44}{'-' if value is None else f'{100 * value:.1f}%':>8}")
    for text in confusions(checked)[: arguments.show]:
        print(f"\n{text}")
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("veritune bench steps", description=__doc__)
    parser.add_argument("file", help="a file, folder or hub name in either format")
    parser.add_argument("--split", default="test", help="which split of a folder or hub data set")
    parser.add_argument(
        "--neutral",
        choices=get_args(Neutral),
        default="correct",
        help="what PRM800K's rating 0 means; 'skip' leaves such rows out",
    )
    parser.add_argument("--limit", type=int, help="check at most this many")
    parser.add_argument("--show", type=int, default=0, help="print so many confusions")
    return parser.parse_args(argv)
