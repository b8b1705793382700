"""Step checkers: rules that say of every step whether it is right, wrong, or out of their sight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from veritune.problems import check_by_rule
from veritune.records import Candidate, CodeProblem, Problem, StepVerdict
from veritune.verifiers.steps.annotations import check_annotations
from veritune.verifiers.steps.mathematics import check_mathematics
from veritune.verifiers.steps.segment import Span, steps_of

__all__ = [
    "Span",
    "check_annotations",
    "check_candidate",
    "check_steps",
    "given_spans",
    "spans_of",
    "steps_of",
]


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


def check_candidate(
    problem: Problem, candidate: Candidate, spans: Sequence[Span] | None = None
) -> tuple[StepVerdict, ...]:
    """As `check_steps` on the answer part of a candidate; spans are those of its whole text."""
    part = candidate.answer_part()
    own = given_spans(candidate) if spans is None else spans
    if not part.ended:
        return ()
    return part.placed(check_steps(problem, part.text, None if own is None else part.within(own)))


def spans_of(problem: Problem, candidate: Candidate) -> list[Span]:
    """The steps of a solution as they are given, else as its problem's rule cuts it, else as any
    text is cut; what was thought before the answer is in no step."""
    given = given_spans(candidate)
    if given is not None:
        return given
    part = candidate.answer_part()
    if not part.ended:
        return []
    found = None if isinstance(problem, CodeProblem) else check_by_rule(problem, part.text)
    inner = steps_of(part.text) if found is None else [(step.start, step.end) for step in found]
    return [(max(0, a + part.offset), b + part.offset) for a, b in inner if b + part.offset > 0]


def given_spans(candidate: Candidate) -> list[Span] | None:
    """The steps that a candidate was given with; None where it was given with none."""
    if candidate.step_ends is None:
        return None
    begin = max(0, candidate.answer_part().offset)
    return list(pairwise([begin, *(end for end in candidate.step_ends if end > begin)]))
