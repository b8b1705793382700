"""Programs and suites that are unusual and right: none of them fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import corpus
import pytest
from real_suites import REAL
from suites import SUITES

from veritune.records import Verdict
from veritune.sandbox import Limits, open_sandbox
from veritune.verifiers.code import CodeVerifier

UNUSUAL = dict(corpus.programs(Path(__file__).with_name("unusual.txt")))
LIMITS = Limits(cpu_seconds=4.0, wall_seconds=60.0)


async def verdicts(problems: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Verdict]:
    """Name -> verdict, of (text, reference)."""
    async with open_sandbox(workers=2, limits=LIMITS) as sandbox:
        verifier = CodeVerifier(sandbox)
        found = await asyncio.gather(
            *(
                verifier.verify(corpus.problem(**reference), corpus.candidate(text))
                for text, reference in problems.values()
            )
        )
    return dict(zip(problems, found, strict=True))


@pytest.mark.parametrize("with_reference", [False, True])
async def test_unusual_programs_pass(with_reference: bool) -> None:
    problems = {}
    for name, part in UNUSUAL.items():
        text, code = part.split("---\n")
        reference: dict[str, Any] = {"tests": {"type": "asserts", "code": code}}
        problems[name] = text, reference | ({"solution": text} if with_reference else {})
    found = await verdicts(problems)
    wrong = {name: v.reason for name, v in found.items() if v.outcome != "passed"}
    assert not wrong
    lower = {name for name, v in found.items() if v.trust == "lower"}
    # A function that ends an iteration could end a loop of the tests'; a reference does not say.
    assert not with_reference or lower == {"stopiter"}


async def test_suites_give_their_outcome() -> None:
    problems = {
        name: (text, {"tests": {"type": "pytest", "files": files}})
        for name, (text, files, _) in SUITES.items()
    }
    found = await verdicts(problems)
    wrong = {n: (v.outcome, v.reason) for n, v in found.items() if v.outcome != SUITES[n][2]}
    assert not wrong
    lower = {name for name, v in found.items() if v.trust == "lower"}
    assert lower == {"patch global", "several files"}


async def test_suites_as_they_are_found_give_their_outcome() -> None:
    problems = {
        name: (text, {"tests": {"type": "pytest", "files": files}})
        for name, (text, files, _) in REAL.items()
    }
    found = await verdicts(problems)
    wrong = {n: (v.outcome, v.reason) for n, v in found.items() if v.outcome != REAL[n][2]}
    assert not wrong
    lower = {name for name, v in found.items() if v.trust == "lower"}
    assert lower == {"package with data", "import inside"}


async def test_a_test_that_does_not_end_costs_its_own_time_alone() -> None:
    text = "def f(x):\n    while x == 1: pass\n    return x"
    suite = "from solution import f\n" + "".join(
        f"def test_{n}(): assert f({n}) == {n}\n" for n in range(4)
    )
    async with open_sandbox(workers=1, limits=Limits(cpu_seconds=1)) as sandbox:
        verdict = await CodeVerifier(sandbox).verify(
            corpus.problem({"type": "pytest", "files": {"test_f.py": suite}}),
            corpus.candidate(text),
        )
    outcomes = {test.name.rpartition("::")[2]: test.outcome for test in verdict.tests}
    expected = dict.fromkeys(["test_0", "test_2", "test_3"], "accepted")
    assert outcomes == {**expected, "test_1": "cpu time"}


async def test_what_idles_is_ended_before_its_wall_limit() -> None:
    text = "import time\ndef double(x):\n    time.sleep(60)\n    return 2 * x"
    limits = Limits(idle_seconds=0.5, wall_seconds=60)
    async with open_sandbox(workers=1, limits=limits) as sandbox:
        verdict = await CodeVerifier(sandbox).verify(
            corpus.problem(corpus.TESTS["calls"]), corpus.candidate(text)
        )
    assert {test.outcome for test in verdict.tests} == {"wall time"}
    assert verdict.seconds < 30
