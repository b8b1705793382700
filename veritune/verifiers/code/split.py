"""Tests that run in a grader of their own, beside the candidate: calls, asserts, check."""

from __future__ import annotations

import re

from veritune.records import Candidate, CodeProblem, SplitTests, TestVerdict, Trust, Verdict
from veritune.sandbox import ExecResult, GradedJob, Sandbox, Shared
from veritune.verifiers.code import extract, reading
from veritune.verifiers.code.conclusion import conclude, how_it_ended, measures, verdict

NUMPY = re.compile(r"\b(?:import|from)\s+numpy\b")
# Tests that reach into the candidate's process; apart from it they would prove nothing.
REACHES_IN = re.compile(
    r"\bredirect_std(?:out|err)\b|\bsys\.std(?:in|out|err)\s*=|\bmonkeypatch\b|\bcapsys\b"
    r"|\b(?:mock\.)?patch(?:\.object|\.dict)?\("
)


async def verify(
    sandbox: Sandbox,
    problem: CodeProblem,
    tests: SplitTests,
    candidate: Candidate,
    *,
    in_process: bool,
) -> Verdict:
    """Run the test program; `in_process` puts it into the candidate's own process."""
    text = reading.code(tests) + reading.setup(tests)
    if not in_process and REACHES_IN.search(text):
        reason = "unsupported: the tests reach into the candidate's process; use in_process"
        return verdict(problem, candidate, "error", reason)
    job = _job(problem, tests, candidate)
    result = await sandbox.run(Shared(sources=job.sources, tests=job.tests) if in_process else job)
    found = _tests(reading.visible(tests), result)
    outcome, reason = conclude(found)
    trust: Trust = "lower" if in_process else "full"
    return verdict(
        problem, candidate, outcome, reason, tests=found, trust=trust, **measures([result])
    )


def _job(problem: CodeProblem, tests: SplitTests, candidate: Candidate) -> GradedJob:
    prompt_code, solution = problem.reference.prompt_code, problem.reference.solution or ""
    asked = "\n".join((reading.code(tests), reading.setup(tests), solution, prompt_code))
    return GradedJob(
        sources=extract.sources(candidate.text, prompt_code, reading.entry_point(tests)),
        tests={
            "type": tests.type,
            "tests": tests.to_json(),
            "prompt_code": prompt_code,
            "solution": solution,
        },
        numpy=NUMPY.search(asked) is not None,
    )


def _tests(visible: int | None, result: ExecResult) -> tuple[TestVerdict, ...]:
    if result.report is None:
        outcome, reason = how_it_ended(result)
        return (TestVerdict(name="tests", outcome=outcome, reason=f"no report: {reason}"),)
    lost = result.report["lost"]
    verdicts = []
    for number, (name, outcome, reason) in enumerate(result.report["tests"]):
        if lost and reason == lost:
            outcome, reason = how_it_ended(result)
            if result.code < 0 and not result.killed and "ended" not in lost:
                reason = f"broke the protocol: {lost}"
        shown = None if visible is None else number < visible
        verdicts.append(TestVerdict(name=name, outcome=outcome, reason=reason, visible=shown))
    return tuple(verdicts)
