"""The verifier of math answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from veritune.records import Candidate, Outcome, Problem, Verdict
from veritune.verifiers.answers.compare import compare_extracted
from veritune.verifiers.answers.comparison import Comparison
from veritune.verifiers.answers.extract import Extraction, Mode, extract_answer
from veritune.verifiers.answers.fast import quick
from veritune.verifiers.answers.policy import DEFAULT, AnswerPolicy
from veritune.verifiers.answers.pool import MEMORY_MB, SECONDS, Pool

Judged = tuple[Extraction, Comparison | None]
LONGEST_INLINE = 50_000
"""Characters of a solution that is read without leaving the event loop."""


class AnswerVerifier:
    """Judges the final answer of a math solution against `reference["answer"]`."""

    def __init__(
        self,
        policy: AnswerPolicy = DEFAULT,
        *,
        mode: Mode = "strict",
        workers: int = 1,
        seconds: float = SECONDS,
        memory_mb: int = MEMORY_MB,
    ) -> None:
        """`seconds` of processor time and `memory_mb` limit each comparison in a worker."""
        self._policy = policy
        self._mode: Mode = mode
        self._pool = Pool(workers, seconds=seconds, memory_mb=memory_mb)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="answers")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; safe to call twice."""
        self._pool.close()
        self._threads.shutdown(wait=False)

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """Passed where the extracted answer equals the reference."""
        start = time.perf_counter()
        job = partial(self._judge, problem, candidate.text)
        if len(candidate.text) > LONGEST_INLINE:
            found, result = await self._aside(job)
        else:
            found, result = job(waits=False)
            if result is None and found.answer is not None:
                found, result = await self._aside(job)
        if result is None:
            return _verdict(candidate, "failed", "no answer found in the solution", None, start)
        return _verdict(candidate, _outcome(result), _reason(found, result), found.answer, start)

    async def _aside(self, job: Callable[[], Judged]) -> Judged:
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    def _judge(self, problem: Problem, text: str, *, waits: bool = True) -> Judged:
        """The answer found and its comparison; None if there is no answer, or it needs a wait."""
        marker = problem.metadata.get("marker")
        marker = marker if isinstance(marker, str) else None
        found = extract_answer(text, marker=marker, mode=self._mode)
        if found.answer is None:
            return found, None
        gold = reference_answer(problem.reference["answer"])
        if waits:
            return found, compare_extracted(gold, found, self._policy, self._pool)
        result = quick(gold, found.answer, self._policy)
        return found, None if result and found.parts[1:] and not result.equal else result


def reference_answer(text: str) -> str:
    """The reference itself; what it states as its answer, where it is a whole solution."""
    whole = "\\boxed" in text or len(text) > LONGEST_REFERENCE
    found = extract_answer(text) if whole else None
    return found.answer if found is not None and found.answer is not None else text


LONGEST_REFERENCE = 300
"""Characters beyond which a reference may be a whole solution."""
LONGEST_SHOWN = 2_000
"""Characters of an answer that a verdict repeats."""


def _outcome(result: Comparison) -> Outcome:
    if result.relation == "unparsed reference" or result.machine:
        return "error"
    return "passed" if result.equal else "failed"


def _reason(found: Extraction, result: Comparison) -> str:
    if not found.guessed:
        return result.reason
    place = "the whole text" if found.source == "whole" else f"the last {found.source}"
    return f"{result.reason}; not marked as the answer, taken from {place}"


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
        answer=answer[:LONGEST_SHOWN] if answer is not None else None,
        seconds=time.perf_counter() - start,
    )
