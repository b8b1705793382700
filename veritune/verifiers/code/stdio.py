"""Whole programs that read standard input and print; compared outside their sandbox."""

from __future__ import annotations

from veritune.records import (
    Candidate,
    CodeProblem,
    StdioCase,
    StdioTests,
    TestOutcome,
    TestVerdict,
    Verdict,
)
from veritune.sandbox import ExecResult, Program, Sandbox
from veritune.verifiers.code import extract, languages
from veritune.verifiers.code.conclusion import conclude, how_it_ended, measures, verdict
from veritune.verifiers.code.output import differs

SLOW = ("cpu time", "wall time")


async def verify(
    sandbox: Sandbox, problem: CodeProblem, tests: StdioTests, candidate: Candidate
) -> Verdict:
    """One run a case; limits hold for each run. After a time-out no further case is run."""
    language = languages.language_named(tests.language)
    try:
        program = await languages.prepare(sandbox, language, extract.code_of(candidate.text))
    except languages.CompileError as error:
        test = TestVerdict(name="compile", outcome="runtime error", reason=str(error))
        return verdict(problem, candidate, "failed", f"compile: {error}", tests=(test,))
    results: list[ExecResult] = []
    found: list[TestVerdict] = []
    for number, case in enumerate(tests.cases):
        if found and found[-1].outcome in SLOW:
            outcome, reason = found[-1].outcome, "not run: an earlier case exceeded its time limit"
            cpu_ms = None
        else:
            result = await sandbox.run(languages.with_input(program, case.input))
            results.append(result)
            outcome, reason = await _outcome(sandbox, tests, case, result)
            cpu_ms = result.cpu_ms
        visible = None if tests.visible is None else number < tests.visible
        found.append(
            TestVerdict(
                name=f"case {number + 1}",
                outcome=outcome,
                reason=reason,
                visible=visible,
                cpu_ms=cpu_ms,
            )
        )
    concluded, why = conclude(tuple(found))
    return verdict(problem, candidate, concluded, why, tests=tuple(found), **measures(results))


async def _outcome(
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
    """A checker program: Python that is given the paths of input, output and answer.

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
