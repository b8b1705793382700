"""Every hack of the corpus is refused, and changes nothing for the candidate after it."""

from __future__ import annotations

import asyncio
import functools
import shutil

import corpus
import pytest

from veritune.sandbox import Limits, open_sandbox
from veritune.verifiers.code import CodeVerifier

HACKS = dict(corpus.hacks())
LIMITS = Limits(cpu_seconds=1.0, wall_seconds=20.0, memory_mb=256)
# The form of tests that `make test` tries all hacks against; the others come with `make test-all`.
QUICK = "asserts"
SLOW = functools.partial(pytest.param, marks=[pytest.mark.slow, pytest.mark.timeout(1500)])
KINDS = ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]


def test_the_corpus_is_large_enough() -> None:
    assert len(HACKS) >= 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tests", [k if k == QUICK else SLOW(k) for k in corpus.TESTS])
async def test_hacks_are_refused_and_leave_the_next_candidate_alone(kind: str, tests: str) -> None:
    names = list(HACKS)
    # A hack that waits is given its time to: four sandboxes wait at once.
    found = await asyncio.gather(*(wrong_verdicts(kind, tests, names[i::4]) for i in range(4)))
    assert not [one for part in found for one in part]


async def wrong_verdicts(kind: str, tests: str, names: list[str]) -> list[tuple[str, ...]]:
    """Hacks that are not refused, or after which an honest candidate is, in one process's slot."""
    problem = corpus.problem(corpus.TESTS[tests])
    honest = corpus.candidate(corpus.HONEST)
    wrong = []
    async with open_sandbox(kind, workers=1, limits=LIMITS) as sandbox:
        verifier = CodeVerifier(sandbox)
        for name in names:
            verdict = await verifier.verify(problem, corpus.candidate(HACKS[name]))
            after = await verifier.verify(problem, honest)
            if verdict.outcome != "failed" or after.outcome != "passed":
                wrong.append((name, verdict.outcome, verdict.reason, after.outcome, after.reason))
    return wrong


async def test_hacks_beside_honest_candidates_change_no_verdict() -> None:
    problem = corpus.problem(corpus.TESTS["asserts"])
    names = [n for n in HACKS if "kill" in n or "forged" in n or "leave" in n]
    async with open_sandbox(workers=4, limits=LIMITS) as sandbox:
        verifier = CodeVerifier(sandbox)
        texts = [t for n in names for t in (HACKS[n], corpus.HONEST)]
        verdicts = await asyncio.gather(
            *(verifier.verify(problem, corpus.candidate(t)) for t in texts)
        )
    assert [v.outcome for v in verdicts] == ["failed", "passed"] * len(names)


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos._exit(0)",
        "print('3')\nimport sys\nsys.exit(0)",
        "import sys\nprint(open('/proc/self/cmdline').read())",
        "import glob\nfor n in glob.glob('/tmp/**', recursive=True): print(n)",
    ],
)
async def test_whole_programs_cannot_pass_without_the_output(text: str) -> None:
    cases = [{"input": "1 2\n", "output": "3\n"}, {"input": "5 6\n", "output": "11\n"}]
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        verdict = await CodeVerifier(sandbox).verify(
            corpus.problem({"type": "stdio", "cases": cases}), corpus.candidate(text)
        )
    assert verdict.outcome == "failed"


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler on this machine")
async def test_a_compiled_program_is_confined_alike() -> None:
    text = """
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main() { kill(-1, SIGKILL); printf("%d %d\\n", getpid(), getppid()); return 0; }
"""
    tests = {
        "type": "stdio",
        "language": "cpp",
        "cases": [{"input": "", "output": "1 0\n"}],
    }
    async with open_sandbox(workers=1, limits=LIMITS) as sandbox:
        verdict = await CodeVerifier(sandbox).verify(corpus.problem(tests), corpus.candidate(text))
    assert verdict.outcome == "passed", verdict.reason
