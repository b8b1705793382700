"""Verdicts on code."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial

from veritune.errors import SandboxFailureError
from veritune.once import once_each
from veritune.records import (
    AnswerPart,
    Candidate,
    CodeProblem,
    Flag,
    Problem,
    PytestTests,
    StdioTests,
    Verdict,
)
from veritune.sandbox import Sandbox
from veritune.verifiers.code import reading, split, stdio, suite
from veritune.verifiers.code.blame import blamed
from veritune.verifiers.code.conclusion import IN_ONE_PROCESS, verdict
from veritune.verifiers.code.extract import MOST_PROBLEMS, NO_PROGRAM, Extracted, asked_by, extract
from veritune.verifiers.code.flags import degrees
from veritune.verifiers.code.languages import UnknownLanguageError
from veritune.verifiers.code.missing import missing_library
from veritune.verifiers.long import off_loop


class CodeVerifier:
    """Verifies candidates by calls, asserts, a check function, whole runs or a pytest suite.

    With `in_process`, calls, asserts and check functions run inside the candidate's process: for
    tests that cannot be checked from outside it. Such verdicts, and those of pytest suites, are
    marked lower trust. Of a candidate that fails, the statement to blame is labelled (`blame`).
    """

    def __init__(
        self, sandbox: Sandbox, *, in_process: bool = False, partial_credit: bool = False
    ) -> None:
        """With `partial_credit` a failing candidate scores the share of tests it passes."""
        self._sandbox = sandbox
        self._in_process, self._partial_credit = in_process, partial_credit

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict; "error" where a test cannot be checked or the sandbox kept failing."""
        assert isinstance(problem, CodeProblem)
        part = _part(candidate)
        if not part.ended:
            return verdict(problem, candidate, "failed", NO_PROGRAM)
        if candidate.prefill or (candidate.thinking, candidate.step_ends) != (None, None):
            candidate = replace(
                candidate, text=part.text, prefill="", thinking=None, step_ends=None
            )
        found = await self._verify(problem, candidate)
        return replace(found, steps=part.placed(found.steps)) if found.steps else found

    async def _verify(self, problem: CodeProblem, candidate: Candidate) -> Verdict:
        started = time.monotonic()
        asked = asked_by(problem.reference)
        program = await off_loop(candidate.text, partial(extract, candidate.text, asked))
        if isinstance(program, str):
            return verdict(problem, candidate, "failed", program)
        try:
            found = await self._grade(problem, candidate, program)
        except SandboxFailureError as error:
            found = verdict(problem, candidate, "error", f"infrastructure: {error}")
        except UnknownLanguageError as error:
            found = verdict(problem, candidate, "error", f"unsupported: {error}")
        lacking = missing_library(found.tests, _texts(problem)) if found.outcome == "failed" else ""
        if lacking:
            where = "verifier.requirements, or verify's --requirements"
            why = f"the library {lacking!r} is not there; name it in {where}"
            found = replace(found, outcome="error", score=None, reason=f"unsupported: {why}")
        if found.outcome == "failed":
            found = replace(
                found, steps=await blamed(self._sandbox, problem, candidate, program, found)
            )
            if self._partial_credit:
                found = replace(found, score=_share(found))
        looked = partial(
            degrees,
            program.code,
            whole_program=isinstance(problem.reference.tests, StdioTests),
            shared=IN_ONE_PROCESS in found.reason,
            exercise=_exercise(problem),
        )
        signs = await off_loop(candidate.text, looked)
        flags = tuple(
            Flag(name=name, degree=sign) for name, sign in signs.items() if sign != "note"
        )
        if not (flags or program.rule) and found.seconds:
            return found
        return replace(
            found,
            reason=f"{found.reason} [{program.rule}]" if program.rule else found.reason,
            seconds=found.seconds or round(time.monotonic() - started, 4),
            flags=flags,
        )

    async def _grade(
        self, problem: CodeProblem, candidate: Candidate, program: Extracted
    ) -> Verdict:
        tests = problem.reference.tests
        if isinstance(tests, StdioTests):
            return await stdio.verify(self._sandbox, problem, tests, candidate, program)
        if isinstance(tests, PytestTests):
            return await suite.verify(self._sandbox, problem, tests, candidate, program)
        return await split.verify(
            self._sandbox, problem, tests, candidate, program, in_process=self._in_process
        )


def _part(candidate: Candidate) -> AnswerPart:
    """The answer part; where no sampler told it, `extract` does: tags may be a program's own."""
    if candidate.thinking is not None:
        return candidate.answer_part()
    whole = candidate.prefill + candidate.text
    return AnswerPart(text=whole, offset=-len(candidate.prefill), ended=True)


@once_each(MOST_PROBLEMS)
def _exercise(problem: CodeProblem) -> str:
    """What a problem shows and asks for, as one text."""
    prompt = problem.prompt if isinstance(problem.prompt, str) else json.dumps(problem.prompt)
    return "\n".join((prompt, *_texts(problem)))


def _texts(problem: CodeProblem) -> list[str]:
    """Tests, reference solution and given code."""
    reference, tests = problem.reference, problem.reference.tests
    parts = [reference.prompt_code, reference.solution, reading.code(tests), reading.setup(tests)]
    if isinstance(tests, PytestTests):
        parts += tests.files.values()
    return [part for part in parts if part]


def _share(found: Verdict) -> float:
    """The share of tests that a failing candidate passes."""
    return sum(test.outcome == "accepted" for test in found.tests) / max(len(found.tests), 1)
