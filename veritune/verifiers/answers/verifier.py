"""The verifier of math answers."""

from __future__ import annotations

import time
from typing import Self

from veritune.records import Candidate, Outcome, Problem, Verdict
from veritune.verifiers.answers.compare import compare
from veritune.verifiers.answers.comparison import Comparison
from veritune.verifiers.answers.extract import Extraction, Mode, extract_answer
from veritune.verifiers.answers.policy import DEFAULT, AnswerPolicy


class AnswerVerifier:
    """Judges the final answer of a math solution against `reference["answer"]`."""

    def __init__(
        self, policy: AnswerPolicy = DEFAULT, *, mode: Mode = "strict", workers: int = 1
    ) -> None:
        self._policy = policy
        self._mode: Mode = mode
        self._workers = workers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; safe to call twice."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """Passed where the extracted answer equals the reference."""
        start = time.perf_counter()
        marker = problem.metadata.get("marker")
        found = extract_answer(candidate.text, marker=marker, mode=self._mode)
        if found.answer is None:
            return _verdict(candidate, "failed", "no answer found in the solution", None, start)
        result = compare(problem.reference["answer"], found.answer, self._policy)
        return _verdict(candidate, _outcome(result), _reason(found, result), found.answer, start)


def _outcome(result: Comparison) -> Outcome:
    if result.relation == "unparsed reference":
        return "error"
    return "passed" if result.equal else "failed"


def _reason(found: Extraction, result: Comparison) -> str:
    guessed = found.source in ("math", "number")
    return f"{result.reason}; taken from the last {found.source}" if guessed else result.reason


def _verdict(
    candidate: Candidate, outcome: Outcome, reason: str, answer: str | None, start: float
) -> Verdict:
    scores = {"passed": 1.0, "failed": 0.0, "error": None}
    return Verdict(
        problem_id=candidate.problem_id,
        index=candidate.index,
        outcome=outcome,
        score=scores[outcome],
        reason=reason,
        answer=answer,
        seconds=time.perf_counter() - start,
    )
