"""Verdicts on code."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from veritune.errors import SandboxFailureError
from veritune.records import (
    Candidate,
    CodeProblem,
    Flag,
    Problem,
    PytestTests,
    StdioTests,
    Verdict,
)
from veritune.sandbox import Sandbox
from veritune.verifiers.code import extract, split, stdio, suite
from veritune.verifiers.code.blame import blamed
from veritune.verifiers.code.conclusion import verdict
from veritune.verifiers.code.flags import flags
from veritune.verifiers.code.languages import UnknownLanguageError
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
        started = time.monotonic()
        try:
            found = await self._verify(problem, candidate)
        except SandboxFailureError as error:
            found = verdict(problem, candidate, "error", f"infrastructure: {error}")
        except UnknownLanguageError as error:
            found = verdict(problem, candidate, "error", f"unsupported: {error}")
        if found.outcome == "failed":
            found = replace(found, steps=await blamed(self._sandbox, problem, candidate, found))
            if self._partial_credit:
                found = replace(found, score=_share(found))
        whole = isinstance(problem.reference.tests, StdioTests)
        names = await off_loop(candidate.text, partial(_flags, candidate.text, whole))
        return replace(
            found,
            seconds=round(time.monotonic() - started, 4),
            flags=tuple(Flag(name=name, degree="cheat") for name in names),
        )

    async def _verify(self, problem: CodeProblem, candidate: Candidate) -> Verdict:
        tests = problem.reference.tests
        if isinstance(tests, StdioTests):
            return await stdio.verify(self._sandbox, problem, tests, candidate)
        if isinstance(tests, PytestTests):
            return await suite.verify(self._sandbox, problem, tests, candidate)
        return await split.verify(
            self._sandbox, problem, tests, candidate, in_process=self._in_process
        )


def _flags(text: str, whole_program: bool) -> tuple[str, ...]:
    return flags(extract.code_of(text), whole_program=whole_program)


def _share(found: Verdict) -> float:
    """The share of tests that a failing candidate passes."""
    return sum(test.outcome == "accepted" for test in found.tests) / max(len(found.tests), 1)
