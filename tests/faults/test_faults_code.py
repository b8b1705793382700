"""Whatever is killed or stopped below a sandbox, each candidate gets its verdict, or an error."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
from injector import Injector, below, lives
from leftovers import command

from veritune.records import Candidate, Problem, problem_from_json
from veritune.sandbox import Limits, open_sandbox
from veritune.verifiers.code import CodeVerifier

FAULTS = int(os.environ.get("FAULTS", "8"))
LIMITS = Limits(cpu_seconds=3.0, wall_seconds=25.0)
CALLS = {"type": "calls", "entry_point": "f", "cases": [{"args": [2], "expected": 5}]}
ASSERTS = {"type": "asserts", "code": "assert f(2) == 5\nassert f(f(2)) == 8"}
STDIO = {"type": "stdio", "cases": [{"input": "2\n", "output": "5\n"}]}
SUITE = {
    "type": "pytest",
    "files": {"test_f.py": "from solution import f\ndef test(): assert f(2) == 5"},
}
FUNCTION = "import time\ndef f(x):\n    {work}\n    return x + {plus}"
PROGRAM = "import time\nx = int(input())\n{work}\nprint(x + {plus})"
WORK = ("pass", "time.sleep(0.1)", "sum(i * i for i in range(400_000))")
KINDS = ((CALLS, FUNCTION), (ASSERTS, FUNCTION), (STDIO, PROGRAM), (SUITE, FUNCTION))


def case(number: int) -> tuple[Problem, Candidate, str]:
    """A problem, a candidate and the verdict that it deserves."""
    tests, text = KINDS[number % 4 if number % 16 == 3 else number % 3]
    right = number % 5 != 0
    text = text.format(work=WORK[number % 7 % 3], plus=3 if right else 4)
    problem = problem_from_json(
        {"id": str(number), "kind": "code", "prompt": "?", "reference": {"tests": tests}}
    )
    candidate = Candidate(problem_id=problem.id, index=number, text=text)
    return problem, candidate, "passed" if right else "failed"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3])
async def test_random_faults_change_no_verdict(seed: int) -> None:
    injector = Injector(seed, most=FAULTS, gap=0.2, results=8)
    numbers = iter(range(1, 1_000_000))
    found: list[tuple[str, str, str]] = []

    async def work(verifier: CodeVerifier) -> None:
        while injector.is_alive():
            problem, candidate, deserved = case(next(numbers))
            verdict = await verifier.verify(problem, candidate)
            assert (verdict.problem_id, verdict.index) == (problem.id, candidate.index)
            injector.done.release()
            found.append((deserved, verdict.outcome, verdict.reason))

    try:
        async with open_sandbox(workers=2, limits=LIMITS) as sandbox:
            injector.start()
            await asyncio.gather(*(work(CodeVerifier(sandbox)) for _ in range(2)))
    finally:
        injector.end()
    print(injector.struck, len(found), [f[2] for f in found if f[1] == "error"])
    changed = [f for f in found if f[0] != f[1] != "error"]
    assert not changed
    assert len(found) > FAULTS
    assert sum(outcome == "error" for _, outcome, _ in found) < FAULTS
    assert not injector.left(2)


SLEEPS = FUNCTION.format(work="time.sleep(0.4)", plus=3)
JUDGED = problem_from_json(
    {"id": "p", "kind": "code", "prompt": "?", "reference": {"tests": CALLS}}
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_every_process_of_a_slot_may_be_lost_in_a_job(how: signal.Signals) -> None:
    before = set(below(os.getpid()))
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        verifier = CodeVerifier(sandbox)
        # bubblewrap and its first process, the host, what forks candidates, what forks graders,
        # a grader, the candidate, and what waits for the next job.
        for at in range(8):
            candidate = Candidate(problem_id="p", index=at, text=SLEEPS)
            job = asyncio.ensure_future(verifier.verify(JUDGED, candidate))
            await asyncio.sleep(0.3)
            started = time.monotonic()
            there = [pid for pid in below(os.getpid()) if pid not in before]
            if at < len(there):
                os.kill(there[at], how)
            verdict = await job
            assert verdict.outcome == "passed", verdict.reason
            assert time.monotonic() - started < LIMITS.wall_seconds  # no limit had to pass


HIMSELF = {
    "kills": "import os\n    os.kill(os.getpid(), 9)\n    os.kill(1, 9)",
    "stops": "import os\n    os.kill(os.getpid(), 19)\n    os.kill(1, 19)",
    "kills its group": "import os\n    os.killpg(0, 9)",
    "limits its time": "import resource\n    resource.setrlimit(0, (1, 1))\n    while True: pass",
    "aborts": "import os\n    os.abort()",
    "hides": "import os\n    os.close(3)\n    time.sleep(0.4)",
    "faults": "import ctypes\n    ctypes.string_at(0)",
}


@pytest.mark.parametrize("work", HIMSELF.values(), ids=HIMSELF.keys())
async def test_no_candidate_makes_an_error_of_its_own_end(work: str) -> None:
    text = FUNCTION.format(work=work, plus=4)
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        before = below(os.getpid())
        verdict = await CodeVerifier(sandbox).verify(
            JUDGED, Candidate(problem_id="p", index=0, text=text)
        )
        assert verdict.outcome == "failed", verdict.reason
        # The same slot stays in use: nothing that it does has it replaced.
        assert before[0] in below(os.getpid())


async def test_a_sandbox_that_is_killed_as_it_starts_starts_and_leaves_nothing() -> None:
    ours, seen = {os.getpid(), *below(os.getpid())}, set[int]()

    async def strike() -> None:
        kills = 0
        while kills < 5:  # More often than a sandbox that does not start is tried.
            await asyncio.sleep(0.01)
            there = [pid for pid in below(os.getpid()) if pid not in ours]
            seen.update(there)
            for pid in [pid for pid in there if "orphan_watcher" not in command(pid)][:1]:
                os.kill(pid, signal.SIGKILL)
                kills += 1

    striking = asyncio.ensure_future(strike())
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        striking.cancel()
        verdict = await CodeVerifier(sandbox).verify(
            JUDGED, Candidate(problem_id="p", index=0, text=SLEEPS)
        )
        assert verdict.outcome == "passed", verdict.reason
        seen.update(pid for pid in below(os.getpid()) if pid not in ours)
    deadline = time.monotonic() + 60
    while any(map(lives, seen)) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert seen and not any(map(lives, seen))
