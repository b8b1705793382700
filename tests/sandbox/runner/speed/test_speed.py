"""The door to the speed tricks can be shut: verdicts stay as they are."""

from __future__ import annotations

import os

import pytest

from veritune.sandbox import Graded, Program, open_sandbox
from veritune.sandbox.runner import speed

TESTS = {"type": "asserts", "tests": {"type": "asserts", "code": "assert f(1) == 2"}}
JOB = Graded(sources=(("solution.py", "def f(x):\n    return x + 1"),), tests=TESTS)
WHERE = Program(source="import os\nprint(*sorted(os.sched_getaffinity(0)))")


async def test_a_slot_works_with_the_door_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = [str(core) for core in sorted(os.sched_getaffinity(0))]
    monkeypatch.setenv(speed.SWITCH, "off")
    async with open_sandbox(workers=len(cores)) as sandbox:
        report = (await sandbox.run(JOB)).report
        where = (await sandbox.run(WHERE)).stdout.split()
    assert report is not None
    assert [test[1] for test in report["tests"]] == ["accepted"]
    assert where == cores  # open, a slot keeps to one
