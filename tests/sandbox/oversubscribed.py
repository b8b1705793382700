"""Whether load turns verdicts: a measurement, and not a test.

    python tests/sandbox/oversubscribed.py [CANDIDATES] [TIMES]

Verifies CANDIDATES (2,000) twice, alone and beside TIMES (8) busy processes a core, and lists every
verdict that is another one. Among them are candidates that compute for long, that sleep, that
loop, wait and allocate beyond their limits.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import time
from collections import Counter

from veritune.records import AssertTests, Candidate, CodeProblem, CodeReference, Verdict
from veritune.sandbox import Limits, open_sandbox
from veritune.verifiers.code import CodeVerifier

LIMITS = Limits(cpu_seconds=1.0, wall_seconds=5.0, memory_mb=256)
TESTS = AssertTests(code="assert f(2) == 4\nassert f(3) == 9\nassert f(-1) == 1")
PROBLEM = CodeProblem(id="square", prompt="f(x) is x squared", reference=CodeReference(tests=TESTS))
USUAL = {
    "right": "def f(x): return x * x",
    "by a loop": "def f(x): return sum(abs(x) for _ in range(abs(x)))",
    "wrong": "def f(x): return 2 * x",
    "raises": "def f(x): return x / 0",
    "no program": "I cannot say.",
}
# One in a hundred each: what is decided by a clock, or by the memory.
RARE = {
    "computes for half its time": (
        "import time\ndef f(x):\n    end = time.process_time() + .15\n"
        "    while time.process_time() < end: pass\n    return x * x"
    ),
    "sleeps": "import time\ndef f(x):\n    time.sleep(.2)\n    return x * x",
    "loops": "def f(x):\n    while True: pass",
    "waits": "import time\ndef f(x): time.sleep(100)",
    "allocates": "def f(x): return len(bytearray(10**9))",
}


def candidates(count: int) -> list[tuple[str, str]]:
    """Kinds and texts, the rare ones spread evenly."""
    usual, rare = list(USUAL.items()), list(RARE.items())
    return [
        rare[(at // 20) % len(rare)] if at % 20 == 19 else usual[at % len(usual)]
        for at in range(count)
    ]


async def verdicts(texts: list[str]) -> list[Verdict]:
    async with open_sandbox(workers=2, limits=LIMITS) as sandbox:
        verifier = CodeVerifier(sandbox)
        gate = asyncio.Semaphore(8)

        async def one(index: int, text: str) -> Verdict:
            async with gate:
                made = Candidate(problem_id="square", index=index, text=text)
                return await verifier.verify(PROBLEM, made)

        return await asyncio.gather(*(one(i, text) for i, text in enumerate(texts)))


def said(verdict: Verdict) -> tuple[object, ...]:
    """What must be the same: everything but times."""
    return verdict.outcome, verdict.score, [(t.name, t.outcome) for t in verdict.tests]


def busy() -> None:
    while True:
        pass


def main(count: int = 2000, times: int = 8) -> int:
    kinds, texts = zip(*candidates(count), strict=True)
    runs = []
    for load in (0, times * (os.cpu_count() or 1)):
        others = [multiprocessing.Process(target=busy, daemon=True) for _ in range(load)]
        for other in others:
            other.start()
        began = time.monotonic()
        runs.append(asyncio.run(verdicts(list(texts))))
        for other in others:
            other.kill()
            other.join()
        print(f"beside {load} busy processes: {time.monotonic() - began:.0f} s")
    alone, loaded = runs
    print(dict(Counter(f"{k}: {v.outcome}" for k, v in zip(kinds, alone, strict=True))))
    changed = 0
    for kind, before, after in zip(kinds, alone, loaded, strict=True):
        if said(before) != said(after):
            changed += 1
            print(f"{kind}: {before.outcome} ({before.reason}) -> {after.outcome} ({after.reason})")
    print(f"{changed} of {count} verdicts are others")
    return changed > 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
