"""Step checkers: rules that say of every step whether it is right, wrong, or out of their sight."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.problems import check_by_rule
from veritune.records import CodeProblem, Problem, StepVerdict
from veritune.verifiers.steps.annotations import check_annotations
from veritune.verifiers.steps.mathematics import check_mathematics
from veritune.verifiers.steps.segment import Span, steps_of

__all__ = ["Span", "check_annotations", "check_steps", "spans_of", "steps_of"]


def check_steps(
    problem: Problem, text: str, spans: Sequence[Span] | None = None
) -> tuple[StepVerdict, ...]:
    """Verdicts on the steps of a solution; their spans partition `text`.

    `spans` are the steps where they are given; else `steps_of` finds them.

    A data set may have a rule of its own, which its problems' references name (`step_rule`); every
    other math problem is read step by step, and what rules cannot check is "unchecked". Code has
    no steps here.
    """
    if isinstance(problem, CodeProblem):
        return ()
    found = check_by_rule(problem, text)
    return check_mathematics(problem, text, spans) if found is None else found


def spans_of(problem: Problem, text: str) -> list[Span]:
    """The steps of a solution as its problem's rule cuts it, else as any text is cut."""
    found = None if isinstance(problem, CodeProblem) else check_by_rule(problem, text)
    if found is None:
        return steps_of(text)
    return [(step.start, step.end) for step in found]
