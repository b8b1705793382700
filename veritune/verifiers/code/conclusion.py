"""From tests to a verdict: what counts as a pass, a fail and an error."""

from __future__ import annotations

from typing import TypedDict, Unpack

from veritune.records import (
    Candidate,
    Outcome,
    Problem,
    TestOutcome,
    TestVerdict,
    Trust,
    Verdict,
)
from veritune.sandbox import ExecResult

# Characters that a verdict keeps for a person to read.
OUTPUT_SHOWN = 4000
IN_ONE_PROCESS = "the tests ran in the candidate's process"
LIMITS: dict[str, TestOutcome] = {
    "cpu time": "cpu time",
    "wall time": "wall time",
    "memory": "memory",
    "output": "output",
}
# An error has no score: it says nothing about the candidate.
SCORES: dict[Outcome, float | None] = {"passed": 1.0, "failed": 0.0, "error": None}


class Measures(TypedDict, total=False):
    """What the runs of a candidate took."""

    seconds: float
    cpu_ms: float
    peak_memory_mb: float | None
    output: str | None


class Details(Measures, total=False):
    """What a verdict on code may say beside its outcome."""

    tests: tuple[TestVerdict, ...]
    trust: Trust


def conclude(tests: tuple[TestVerdict, ...]) -> tuple[Outcome, str]:
    """A pass needs at least one test and every test accepted; what cannot be checked is an
    error."""
    if not tests:
        return "error", "there was no test to run"
    for kind in ("unsupported", "infrastructure"):
        broken = next((t for t in tests if t.outcome == kind), None)
        if broken is not None:
            return "error", f"{kind}: {broken.reason} ({broken.name})"
    failed = next((t for t in tests if t.outcome != "accepted"), None)
    if failed is None:
        return "passed", f"{len(tests)} of {len(tests)} tests accepted"
    passed = sum(t.outcome == "accepted" for t in tests)
    why = f"{failed.name}: {failed.outcome}: {failed.reason}"
    return "failed", f"{why} ({passed} of {len(tests)} tests accepted)"[:1000]


def verdict(
    problem: Problem, candidate: Candidate, outcome: Outcome, reason: str, **rest: Unpack[Details]
) -> Verdict:
    """A verdict with the score that its outcome means."""
    return Verdict(
        problem_id=problem.id,
        index=candidate.index,
        outcome=outcome,
        score=SCORES[outcome],
        reason=reason,
        **rest,
    )


def measures(results: list[ExecResult]) -> Measures:
    """CPU time over all runs, their highest memory, the first output."""
    output = "".join(r.stdout + r.stderr for r in results[:1])[:OUTPUT_SHOWN]
    return {
        "seconds": round(sum(r.wall_ms for r in results) / 1000, 4),
        "cpu_ms": round(sum(r.cpu_ms for r in results), 3),
        "peak_memory_mb": max((r.peak_memory_mb for r in results), default=None),
        "output": output or None,
    }


def how_it_ended(result: ExecResult) -> tuple[TestOutcome, str]:
    """The outcome and reason for a process that ended where it should have answered."""
    if result.killed:
        return LIMITS[result.killed], f"ended at its limit of {result.killed}"
    last = result.stderr.strip().rpartition("\n")[2][:300]
    if "MemoryError" in last or "bad_alloc" in result.stderr[-500:]:
        return "memory", last
    if result.code < 0:
        return "runtime error", f"ended by signal {-result.code}" + (f": {last}" if last else "")
    return "runtime error", f"exited with code {result.code}" + (f": {last}" if last else "")
