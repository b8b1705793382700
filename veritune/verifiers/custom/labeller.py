"""Own code that labels steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from veritune.records import Candidate, Problem, StepVerdict
from veritune.verifiers.custom.verifier import CustomVerifier
from veritune.verifiers.steps import Span, spans_of


class OwnLabeller:
    """Asks own code of `verifier.steps` about the steps of a solution, as own verifiers are."""

    def __init__(self, verifier: CustomVerifier) -> None:
        self._verifier = verifier

    async def check(
        self, problem: Problem, candidate: Candidate, spans: Sequence[Span] | None
    ) -> tuple[StepVerdict, ...]:
        """The labels; all are unchecked where own code fails."""
        own = spans_of(problem, candidate) if spans is None else list(spans)
        if not own:
            return ()
        texts = [candidate.text[start:end] for start, end in own]
        # Nothing but the steps goes over, one behind the other.
        bare = Candidate(
            problem_id=candidate.problem_id,
            index=candidate.index,
            text="".join(texts),
            step_ends=list(accumulate(map(len, texts))),
        )
        verdict = await self._verifier.verify(problem, bare)
        if verdict.outcome == "error":
            return tuple(
                StepVerdict(start=start, end=end, label="unchecked", reason=verdict.reason)
                for start, end in own
            )
        return tuple(
            replace(step, start=start, end=end)
            for step, (start, end) in zip(verdict.steps, own, strict=True)
        )
