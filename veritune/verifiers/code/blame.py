"""Which statement a failing run is to be blamed on, as labels of the candidate's steps.

Blamed is the line that raised, the line that returned the wrong value, or the line on which a
program that does not end was found. Everything else is "unchecked": failing tests say nothing
about it.
"""

from __future__ import annotations

import re
from functools import partial

from veritune.records import (
    Candidate,
    CodeProblem,
    Evidence,
    PytestTests,
    StdioTests,
    StepVerdict,
    TestVerdict,
    Verdict,
)
from veritune.sandbox import Sandbox
from veritune.verifiers.code.extract import Extracted, asked_by, defines, sources
from veritune.verifiers.code.replay import replay, stuck_line
from veritune.verifiers.code.statements import place_of, statements_of
from veritune.verifiers.long import off_loop

# As the grader ends the text of an exception of the candidate's.
RAISED = re.compile(r"\(line (\d{1,9}) of the program\)$")
MISSING = re.compile(r"name '(\w+)' is not defined$")
RAN = Evidence(kind="execution", checker="sandbox")
# Outcomes of a program that did not end: it is asked where it is.
SLOW = ("cpu time", "wall time")


async def blamed(
    sandbox: Sandbox,
    problem: CodeProblem,
    candidate: Candidate,
    program: Extracted,
    verdict: Verdict,
) -> tuple[StepVerdict, ...]:
    """The steps of a candidate that failed, with at most one of them "incorrect"."""
    test = next((test for test in verdict.tests if test.outcome != "accepted"), None)
    found = None if test is None else await _found(sandbox, problem, program, test)
    spans = await off_loop(candidate.text, partial(statements_of, candidate.text, program))
    place, reason = found or (None, "")
    return tuple(
        StepVerdict(start=start, end=end, label="incorrect", reason=reason, evidence=RAN)
        if place is not None and start <= place < end
        else StepVerdict(start=start, end=end, label="unchecked", reason="not blamed")
        for start, end in spans
    )


async def _found(
    sandbox: Sandbox, problem: CodeProblem, program: Extracted, test: TestVerdict
) -> tuple[int, str] | None:
    """The blamed place in the text, and why."""
    given, whole = problem.reference.prompt_code, isinstance(problem.reference.tests, StdioTests)
    missing = MISSING.search(test.reason)
    if missing and not defines(f"{given}\n{program.code}", missing.group(1)):
        place = place_of(program, 1)
        return None if place is None else (place, f"does not define {missing.group(1)!r}")
    line, why = await _line(sandbox, problem, program, test)
    if line is None:
        return None
    files = sources(program, given, asked_by(problem.reference).names)
    ahead = given.count("\n") if len(files) == 1 and not whole else 0
    place = place_of(program, line - ahead)
    return None if place is None else (place, f"{test.name}: {why}")


async def _line(
    sandbox: Sandbox, problem: CodeProblem, program: Extracted, test: TestVerdict
) -> tuple[int | None, str]:
    """The blamed line of `solution.py`, and what happened there."""
    tests = problem.reference.tests
    whole = isinstance(tests, StdioTests)
    raised = RAISED.search(test.reason)
    if raised and not whole:
        return int(raised.group(1)), test.reason[: raised.start()].strip()
    if isinstance(tests, StdioTests) and tests.language not in ("python", "python3", "py"):
        return None, ""
    given = "" if whole else problem.reference.prompt_code
    files = sources(program, given, asked_by(problem.reference).names)
    if test.outcome in SLOW:
        return await stuck_line(sandbox, files, tests, test), f"still running at its {test.outcome}"
    found = await replay(sandbox, files, tests, test)
    if isinstance(tests, PytestTests) and test.outcome != "wrong answer":
        return found["raised"], test.reason
    if test.outcome == "wrong answer" and not whole:
        return found["returned"], f"returned the wrong value: {test.reason}"
    return found["raised"], test.reason
