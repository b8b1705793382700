"""Who labels steps, behind one interface, and how several do it in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from veritune.records import Candidate, Problem, StepLabel, StepVerdict
from veritune.verifiers.long import off_loop
from veritune.verifiers.steps import Span, check_candidate

# Labels that the next checker may replace: it may see what rules cannot.
OPEN: frozenset[StepLabel] = frozenset({"unchecked", "consistent"})


class StepLabeller(Protocol):
    """Labels the steps of a solution."""

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """Verdicts on `spans`, or on the steps as the problem's rule cuts them where None."""
        ...


class RuleLabeller:
    """The rules of `steps`, and of the problem's data set."""

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """A label for every step."""
        read = partial(check_candidate, problem, candidate, spans)
        return await off_loop(candidate.text, read)


class InTurn:
    """The first labels all steps; each of the others only those that are still open."""

    def __init__(self, first: StepLabeller, *others: StepLabeller) -> None:
        self._first, self._others = first, others

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """Every step's label by the last one that had something to say of it."""
        steps = await self._first.check(problem, candidate, spans)
        for other in self._others:
            if any(step.label in OPEN for step in steps):
                own = [(step.start, step.end) for step in steps]
                steps = filled(steps, await other.check(problem, candidate, own))
        return steps


def filled(steps: Sequence[StepVerdict], others: Sequence[StepVerdict]) -> tuple[StepVerdict, ...]:
    """The steps, where they are open with the labels of others; reasons tell of both."""
    by_span = {(other.start, other.end): other for other in others if other.label != "unchecked"}
    return tuple(
        replace(other, reason=f"{other.reason} (before: {step.reason})")
        if step.label in OPEN and (other := by_span.get((step.start, step.end)))
        else step
        for step in steps
    )
