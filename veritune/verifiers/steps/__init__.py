"""Step checkers: rules that say of every step whether it is right, wrong, or out of their sight."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.records import Problem, StepVerdict
from veritune.verifiers.steps.annotations import check_annotations
from veritune.verifiers.steps.chain import check_chain
from veritune.verifiers.steps.equations_trace import check_equations
from veritune.verifiers.steps.mathematics import check_mathematics
from veritune.verifiers.steps.segment import Span, steps_of

__all__ = ["Span", "check_annotations", "check_steps", "steps_of"]


def check_steps(
    problem: Problem, text: str, spans: Sequence[Span] | None = None
) -> tuple[StepVerdict, ...]:
    """Verdicts on the steps of a solution; their spans partition `text`.

    `spans` are the steps where they are given; else `steps_of` finds them.

    `metadata["source"]` picks the checker: `chain` and `equations` have their own; every other
    math problem is read step by step, and what rules cannot check is "unchecked". Code has no
    steps here.
    """
    if problem.kind == "code":
        return ()
    checker = _OWN.get(str(problem.metadata.get("source")))
    if checker is not None:
        try:
            return checker(problem, text)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            pass  # A problem that only says so: it lacks what this checker goes by.
    return check_mathematics(problem, text, spans)


_OWN = {"chain": check_chain, "equations": check_equations}
