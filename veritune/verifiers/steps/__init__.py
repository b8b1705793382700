"""Step checkers: rules that say of every step whether it is right, wrong, or out of their sight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from veritune.problems import check_by_rule
from veritune.records import Candidate, CodeProblem, Problem, StepVerdict
from veritune.verifiers.steps.annotations import check_annotations
from veritune.verifiers.steps.mathematics import check_mathematics
from veritune.verifiers.steps.segment import Span, steps_of

__all__ = ["Span", "check_annotations", "check_steps", "given_spans", "spans_of", "steps_of"]


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


def spans_of(problem: Problem, candidate: Candidate) -> list[Span]:
    """The steps of a solution as they are given, else as its problem's rule cuts it, else as any
    text is cut."""
    given = given_spans(candidate)
    if given is not None:
        return given
    text = candidate.text
    found = None if isinstance(problem, CodeProblem) else check_by_rule(problem, text)
    if found is None:
        return steps_of(text)
    return [(step.start, step.end) for step in found]


def given_spans(candidate: Candidate) -> list[Span] | None:
    """The steps that a candidate was given with; None where it was given with none."""
    if candidate.step_ends is None:
        return None
    return list(pairwise([0, *candidate.step_ends]))
