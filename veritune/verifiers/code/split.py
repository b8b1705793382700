"""Tests that run in a grader of their own, beside the candidate: calls, asserts, check."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

from veritune.once import once_each
from veritune.records import (
    Candidate,
    CodeProblem,
    CodeReference,
    SplitTests,
    TestOutcome,
    TestVerdict,
    Trust,
    Verdict,
)
from veritune.sandbox import ExecResult, Graded, GraderJob, Sandbox, Shared, Tests
from veritune.verifiers.code import output, reach, reading
from veritune.verifiers.code.conclusion import (
    IN_ONE_PROCESS,
    conclude,
    how_it_ended,
    measures,
    verdict,
)
from veritune.verifiers.code.extract import MOST_PROBLEMS, Extracted, aliases, asked_by, sources
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
    ready = _prepared(problem.reference)
    if ready.reached and not in_process:
        reason = (
            f"unsupported: the tests patch {ready.reached} in the candidate's process; "
            "use in_process"
        )
        return verdict(problem, candidate, "error", reason)
    job = _job(problem, ready, program)
    result = await sandbox.run(Shared(sources=job.sources, tests=job.tests) if in_process else job)
    found = _tests(reading.visible(tests), result)
    outcome, reason = conclude(found)
    doubts = [*(result.report or {}).get("doubts", []), *ready.doubts]
    trust: Trust = "lower" if in_process or doubts else "full"
    if in_process:
        reason = f"{reason}; lower trust: {IN_ONE_PROCESS}"
    elif doubts and outcome == "passed":
        reason = f"{reason}; lower trust: {doubts[0]}"
    return verdict(
        problem, candidate, outcome, reason, tests=found, trust=trust, **measures([result])
    )


class _Prepared(NamedTuple):
    """What the tests of a problem say of every job; as in `Graded`."""

    tests: GraderJob
    numpy: bool
    mirror: bool
    tree: bool
    int_digits: int | None
    reached: str
    doubts: tuple[str, ...]


@once_each(MOST_PROBLEMS)
def _prepared(reference: CodeReference) -> _Prepared:
    tests, prompt_code, solution = reference.tests, reference.prompt_code, reference.solution or ""
    code, setup = reading.code(tests), reading.setup(tests)
    text = f"{setup}\n{code}"
    grader: GraderJob = {
        "type": tests.type,
        "tests": cast("Tests", tests.to_json()),
        "prompt_code": prompt_code,
        "solution": solution,
        "libraries": sorted(libraries(text, solution, prompt_code)),
    }
    return _Prepared(
        tests=grader,
        numpy=NUMPY.search("\n".join((code, setup, solution, prompt_code))) is not None,
        mirror=reach.looks(text),
        tree=reach.files(text),
        int_digits=0 if output.LONG_NUMBER.search(text) else None,
        reached=reach.reaches_in(code + setup, frozenset({"solution"})),
        doubts=reach.evaluates(code + setup),
    )


def _job(problem: CodeProblem, ready: _Prepared, program: Extracted) -> Graded:
    reference = problem.reference
    return Graded(
        sources=sources(program, reference.prompt_code, asked_by(reference).names),
        tests=ready.tests,
        numpy=ready.numpy,
        mirror=ready.mirror,
        tree=ready.tree,
        int_digits=ready.int_digits,
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
