"""Whole programs that read standard input and print; compared outside their sandbox."""

from __future__ import annotations

from dataclasses import replace

from veritune.records import (
    Candidate,
    CodeProblem,
    StdioCase,
    StdioTests,
    TestOutcome,
    TestVerdict,
    Verdict,
)
from veritune.sandbox import ExecResult, Limits, Program, Sandbox
from veritune.verifiers.code import languages
from veritune.verifiers.code.conclusion import conclude, how_it_ended, measures, verdict
from veritune.verifiers.code.extract import Extracted
from veritune.verifiers.code.output import LONG_NUMBER, differs

SLOW = ("cpu time", "wall time")


async def verify(
    sandbox: Sandbox,
    problem: CodeProblem,
    tests: StdioTests,
    candidate: Candidate,
    found: Extracted,
) -> Verdict:
    """One run a case; limits hold for each run. After a time-out no further case is run."""
    language = languages.language_named(tests.language)
    try:
        program = await languages.prepare(sandbox, language, found.code)
    except languages.CompileError as error:
        test = TestVerdict(name="compile", outcome="runtime error", reason=str(error))
        return verdict(problem, candidate, "failed", f"compile: {error}", tests=(test,))
    results: list[ExecResult] = []
    ended: list[TestVerdict] = []
    for number, case in enumerate(tests.cases):
        if ended and ended[-1].outcome in SLOW:
            outcome, reason = ended[-1].outcome, "not run: an earlier case exceeded its time limit"
            cpu_ms = None
        else:
            run = languages.with_input(program, case.input)
            if LONG_NUMBER.search(case.output) or LONG_NUMBER.search(case.input):
                run = replace(run, int_digits=0)
            result = await sandbox.run(run, _limits(sandbox, case.output))
            results.append(result)
            outcome, reason = await _compare(sandbox, tests, case, result)
            cpu_ms = result.cpu_ms
        visible = None if tests.visible is None else number < tests.visible
        ended.append(
            TestVerdict(
                name=f"case {number + 1}",
                outcome=outcome,
                reason=reason,
                visible=visible,
                cpu_ms=cpu_ms,
            )
        )
    concluded, why = conclude(tuple(ended))
    return verdict(problem, candidate, concluded, why, tests=tuple(ended), **measures(results))


def _limits(sandbox: Sandbox, expected: str) -> Limits:
    """The sandbox's limits; where the expected output is long, so may the program's be."""
    room = 2 * len(expected.encode(errors="replace")) // 1024 + 64
    limits = sandbox.limits
    return limits if room <= limits.output_kb else replace(limits, output_kb=room)


async def _compare(
    sandbox: Sandbox, tests: StdioTests, case: StdioCase, result: ExecResult
) -> tuple[TestOutcome, str]:
    if result.killed or result.code != 0:
        return how_it_ended(result)
    if tests.checker is not None:
        return await _ask_checker(sandbox, tests.checker, case, result.stdout)
    wrong = differs(result.stdout, case.output, tests.compare, tests.tolerance)
    return ("wrong answer", wrong) if wrong else ("accepted", "")


async def _ask_checker(
    sandbox: Sandbox, checker: str, case: StdioCase, output: str
) -> tuple[TestOutcome, str]:
    """A special checker: a Python program that is given the paths of input, output and answer.

    It exits with 0 to accept and with 1 or 2 to refuse; anything else means that it broke.
    """
    files = {
        "input.txt": case.input.encode(),
        "output.txt": output.encode(errors="replace"),
        "answer.txt": case.output.encode(),
    }
    result = await sandbox.run(Program(source=checker, args=tuple(files), files=files))
    said = (result.stdout or result.stderr).strip()[-300:]
    if result.killed or result.code not in (0, 1, 2):
        return "infrastructure", f"verifier error: {how_it_ended(result)[1]}"
    return ("accepted", said) if result.code == 0 else ("wrong answer", f"the checker: {said}")
