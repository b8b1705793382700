"""The verifier of math answers."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Self

from veritune.algebra import DEFAULT, AnswerPolicy
from veritune.records import Candidate, MathProblem, Outcome, Problem, Verdict
from veritune.thinking import opens_thinking
from veritune.verifiers.answers.compare import compare_extracted
from veritune.verifiers.answers.comparison import Comparison, shown
from veritune.verifiers.answers.extract import (
    NOTHING,
    Extraction,
    Mode,
    answer_in,
    extract_answer,
)
from veritune.verifiers.answers.fast import quick
from veritune.verifiers.answers.pool import MEMORY_MB, SECONDS, Pool
from veritune.verifiers.long import LONGEST_INLINE, unread

AnswerComparison = tuple[Extraction, Comparison]
# What a reference is compared with to see whether it can be read at all.
NOUGHT = Extraction("0", "none")


class AnswerVerifier:
    """Checks the final answer of a math solution against `reference.answer`."""

    def __init__(
        self,
        policy: AnswerPolicy = DEFAULT,
        *,
        mode: Mode = "stated",
        marker: str | None = None,
        thinking_opened: bool = False,
        workers: int = 1,
        seconds: float = SECONDS,
        memory_mb: int = MEMORY_MB,
    ) -> None:
        """`seconds` of processor time and `memory_mb` limit each comparison in a worker.

        `mode` says how strictly an answer must be marked; `marker` stands before it where a problem
        names none; `thinking_opened` says that the prompt's template opened a thinking block.
        """
        self._policy = policy
        self._mode: Mode = mode
        self._marker = marker
        self._thinking_opened = thinking_opened
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
        job = partial(self._verify, problem, candidate)
        verified = None if len(candidate.text) > LONGEST_INLINE else job(waits=False)
        if verified is None:
            verified = await asyncio.get_running_loop().run_in_executor(self._threads, job)
        assert verified is not None
        found, result = verified
        if found.answer is None and _outcome(result) != "error":
            return _verdict(candidate, "failed", NO_ANSWER + _limits(found), None, start)
        return _verdict(candidate, _outcome(result), _reason(found, result), found.answer, start)

    def _verify(
        self, problem: Problem, candidate: Candidate, *, waits: bool = True
    ) -> AnswerComparison | None:
        """The answer found and its comparison; None if that needs a wait.

        Where no answer is found, the reference is still read: an unreadable one is an error.
        """
        assert isinstance(problem, MathProblem)
        reference = problem.reference
        opened = self._thinking_opened or opens_thinking(_prompt_end(problem))
        found = self._found(candidate, reference.marker or self._marker, opened)
        gold = reference_answer(reference.answer)
        sought = found if found.answer is not None else NOUGHT
        if waits:
            return found, compare_extracted(gold, sought, self._policy, self._pool)
        result = quick(gold, sought.answer or "", self._policy)
        if result is None or (found.parts[1:] and not result.equal):
            return None
        return found, result

    def _found(self, candidate: Candidate, marker: str | None, opened: bool) -> Extraction:
        """The answer that a candidate states behind what it thought."""
        if refused := unread(candidate.text):
            return replace(NOTHING, limits=refused)
        part = candidate.answer_part(opened=opened)
        return answer_in(part.text, marker=marker, mode=self._mode) if part.ended else NOTHING


def _prompt_end(problem: MathProblem) -> str:
    """The text that a solution continues: the prompt, or the start of the assistant's own turn."""
    if isinstance(problem.prompt, str):
        return problem.prompt
    last = problem.prompt[-1] if problem.prompt else None
    return last["content"] if last is not None and last["role"] == "assistant" else ""


def reference_answer(text: str) -> str:
    """The reference itself; what it states as its answer, where it is a whole solution."""
    whole = "\\boxed" in text or len(text) > LONGEST_REFERENCE
    found = extract_answer(text) if whole else None
    return found.answer if found is not None and found.answer is not None else text


NO_ANSWER = "no answer found in the solution"
NO_REFERENCE = (
    "the problem has no known answer; let own code, a judge or a reward model decide (the"
    " verifier's type)"
)
# Characters beyond which a reference may be a whole solution.
LONGEST_REFERENCE = 300
# Characters of an answer that a verdict repeats.
LONGEST_SHOWN = 2_000


def _outcome(result: Comparison) -> Outcome:
    if result.relation == "unparsed reference" or result.machine:
        return "error"
    return "passed" if result.equal else "failed"


def _reason(found: Extraction, result: Comparison) -> str:
    if not result.gold.strip():
        return NO_REFERENCE
    if found.answer is None:
        return f"{result.relation}: {shown(result.gold)} ({result.detail}), and no answer found"
    if not found.guessed:
        return f"{result.reason}{_limits(found)}"
    place = "the whole text" if found.source == "whole" else f"the last {found.source}"
    return f"{result.reason}; not marked as the answer, taken from {place}{_limits(found)}"


def _limits(found: Extraction) -> str:
    return f"; {found.limits}" if found.limits else ""


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
