"""Tests that run in a grader of their own, beside the candidate: calls, asserts, check."""

from __future__ import annotations

import re
from typing import cast

from veritune.records import (
    Candidate,
    CodeProblem,
    SplitTests,
    TestOutcome,
    TestVerdict,
    Trust,
    Verdict,
)
from veritune.sandbox import ExecResult, Graded, Sandbox, Shared, Tests
from veritune.verifiers.code import output, reach, reading
from veritune.verifiers.code.conclusion import (
    IN_ONE_PROCESS,
    conclude,
    how_it_ended,
    measures,
    verdict,
)
from veritune.verifiers.code.extract import Extracted, aliases, asked_by, sources
from veritune.verifiers.code.missing import libraries

NUMPY = re.compile(r"\b(?:import|from)\s+numpy\b")


async def verify(
    sandbox: Sandbox,
    problem: CodeProblem,
    tests: SplitTests,
    candidate: Candidate,
    program: Extracted,
    *,
    in_process: bool,
) -> Verdict:
    """Run the test program; `in_process` puts it into the candidate's own process."""
    text = reading.code(tests) + reading.setup(tests)
    reached = "" if in_process else reach.reaches_in(text, frozenset({"solution"}))
    if reached:
        reason = (
            f"unsupported: the tests patch {reached} in the candidate's process; use in_process"
        )
        return verdict(problem, candidate, "error", reason)
    job = _job(problem, tests, program)
    result = await sandbox.run(Shared(sources=job.sources, tests=job.tests) if in_process else job)
    found = _tests(reading.visible(tests), result)
    outcome, reason = conclude(found)
    doubts = [*(result.report or {}).get("doubts", []), *reach.evaluates(text)]
    trust: Trust = "lower" if in_process or doubts else "full"
    if in_process:
        reason = f"{reason}; lower trust: {IN_ONE_PROCESS}"
    elif doubts and outcome == "passed":
        reason = f"{reason}; lower trust: {doubts[0]}"
    return verdict(
        problem, candidate, outcome, reason, tests=found, trust=trust, **measures([result])
    )


def _job(problem: CodeProblem, tests: SplitTests, program: Extracted) -> Graded:
    reference = problem.reference
    prompt_code, solution = reference.prompt_code, reference.solution or ""
    code, setup = reading.code(tests), reading.setup(tests)
    text = f"{setup}\n{code}"
    asked = "\n".join((code, setup, solution, prompt_code))
    return Graded(
        sources=sources(program, prompt_code, asked_by(reference).names),
        tests={
            "type": tests.type,
            "tests": cast("Tests", tests.to_json()),
            "prompt_code": prompt_code,
            "solution": solution,
            "libraries": sorted(libraries(text, solution, prompt_code)),
        },
        numpy=NUMPY.search(asked) is not None,
        mirror=reach.looks(text),
        tree=reach.files(text),
        int_digits=0 if output.LONG_NUMBER.search(text) else None,
        files=program.files,
        aliases=aliases(program),
    )


def _tests(visible: int | None, result: ExecResult) -> tuple[TestVerdict, ...]:
    if result.report is None:
        outcome, reason = how_it_ended(result)
        return (TestVerdict(name="tests", outcome=outcome, reason=f"no report: {reason}"),)
    lost = result.report["lost"]
    verdicts = []
    for number, (name, said, reason) in enumerate(result.report["tests"]):
        kind = cast("TestOutcome", said)
        if lost and reason == lost:
            kind, reason = how_it_ended(result)
            if result.code < 0 and not result.killed and "ended" not in lost:
                reason = f"broke the protocol: {lost}"
        shown = None if visible is None else number < visible
        verdicts.append(TestVerdict(name=name, outcome=kind, reason=reason, visible=shown))
    return tuple(verdicts)
