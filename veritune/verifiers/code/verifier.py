"""Verdicts on code: the candidate's answers, judged in a process it cannot reach."""

from __future__ import annotations

import re
import time
from typing import Any

from veritune.errors import SandboxFailureError
from veritune.records import Candidate, Problem, TestOutcome, TestVerdict, Verdict
from veritune.sandbox import ExecResult, Judged, Sandbox
from veritune.verifiers.code import extract

NUMPY = re.compile(r"\b(?:import|from)\s+numpy\b")
OUTPUT_SHOWN = 4000


class CodeVerifier:
    """Judges candidates by calls, asserts or a check function."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict; "error" where a test cannot be judged or the sandbox kept breaking."""
        started = time.monotonic()
        try:
            result = await self._sandbox.run(_job(problem, candidate))
        except SandboxFailureError as error:
            return _verdict(problem, candidate, started, outcome="error", reason=str(error))
        tests = _tests(problem, result)
        return _verdict(
            problem, candidate, started, **_conclusion(tests), **_measures(result), tests=tests
        )


def _job(problem: Problem, candidate: Candidate) -> Judged:
    reference = problem.reference
    tests = reference["tests"]
    prompt_code = reference.get("prompt_code", "")
    asked = "\n".join(
        (tests.get("code", ""), tests.get("setup", ""), reference.get("solution", ""))
    )
    return Judged(
        sources=extract.sources(candidate.text, prompt_code, tests.get("entry_point")),
        tests={
            "type": tests["type"],
            "tests": tests,
            "prompt_code": prompt_code,
            "solution": reference.get("solution", ""),
        },
        numpy=NUMPY.search(asked + prompt_code) is not None,
    )


def _verdict(problem: Problem, candidate: Candidate, started: float, **rest: Any) -> Verdict:
    outcome = rest["outcome"]
    score = {"passed": 1.0, "failed": 0.0, "error": None}[outcome]
    return Verdict(
        problem_id=problem.id,
        index=candidate.index,
        score=score,
        seconds=round(time.monotonic() - started, 4),
        **rest,
    )


def _measures(result: ExecResult) -> dict[str, Any]:
    return {
        "cpu_ms": result.cpu_ms,
        "peak_memory_mb": result.peak_memory_mb,
        "output": (result.stdout + result.stderr)[:OUTPUT_SHOWN] or None,
    }


def _tests(problem: Problem, result: ExecResult) -> tuple[TestVerdict, ...]:
    report = result.report or {"tests": [["tests", "runtime error", "no report"]], "lost": "x"}
    visible = problem.reference["tests"].get("visible")
    verdicts = []
    for number, (name, outcome, reason) in enumerate(report["tests"]):
        if (report["lost"] and reason == report["lost"]) or result.report is None:
            outcome, reason = _end(result, reason)
        shown = None if visible is None else number < visible
        verdicts.append(TestVerdict(name=name, outcome=outcome, reason=reason, visible=shown))
    return tuple(verdicts)


def _end(result: ExecResult, lost: str) -> tuple[TestOutcome, str]:
    """What to say of a test during which the candidate was lost."""
    limits: dict[str, TestOutcome] = {
        "cpu time": "cpu time",
        "wall time": "wall time",
        "memory": "memory",
        "output": "output",
    }
    if result.killed:
        return limits[result.killed], f"it was ended at its limit of {result.killed}"
    if result.code < 0 and lost != "its process has ended":
        return "runtime error", f"it broke the protocol: {lost}"
    if result.code < 0:
        return "runtime error", f"its process ended by signal {-result.code}"
    return "runtime error", f"its process exited with code {result.code} during the test"


def _conclusion(tests: tuple[TestVerdict, ...]) -> dict[str, Any]:
    if not tests:
        return {"outcome": "error", "reason": "there was no test to run"}
    for kind in ("unsupported", "infrastructure"):
        broken = next((t for t in tests if t.outcome == kind), None)
        if broken is not None:
            return {"outcome": "error", "reason": f"{kind}: {broken.reason} ({broken.name})"}
    failed = next((t for t in tests if t.outcome != "accepted"), None)
    if failed is None:
        return {"outcome": "passed", "reason": f"all {len(tests)} tests passed"}
    return {
        "outcome": "failed",
        "reason": f"{failed.name}: {failed.outcome}: {failed.reason}"[:1000],
    }
