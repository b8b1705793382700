"""A Docker engine whose daemon, containerd and shims are killed while candidates are verified."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from own_dockerd import OwnDockerd

from veritune.records import Candidate, problem_from_json
from veritune.sandbox import open_sandbox
from veritune.verifiers.code import CodeVerifier

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("dockerd") is None, reason="no dockerd"),
]
CALLS = {"type": "calls", "entry_point": "f", "cases": [{"args": [2], "expected": 5}]}
PROBLEM = problem_from_json(
    {"id": "p", "kind": "code", "prompt": "?", "reference": {"tests": CALLS}}
)
TEXT = "import time\ndef f(x):\n    time.sleep(0.2)\n    return x + {plus}"
COUNT = 24


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDockerd]:
    own = OwnDockerd(Path(tmp_path_factory.mktemp("docker")) / "own")
    yield own
    own.close()


@pytest.mark.parametrize("kind", ["daemon", "containerd", "shim"])
async def test_a_run_waits_for_an_engine_that_is_started_again(
    kind: str, engine: OwnDockerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    engine.mend(running=False)

    async with open_sandbox("docker", workers=2) as sandbox:
        verifier = CodeVerifier(sandbox)

        async def outcome(at: int) -> str:
            text = TEXT.format(plus=3 + at % 2)
            candidate = Candidate(problem_id="p", index=at, text=text)
            return (await verifier.verify(PROBLEM, candidate)).outcome

        jobs = [asyncio.ensure_future(outcome(at)) for at in range(COUNT)]
        await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        for pid in engine.others()[kind]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while not all(job.done() for job in jobs):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(engine.mend, running=True)
        found = [job.result() for job in jobs]
    engine.mend(running=False)
    assert found == ["passed", "failed"] * (COUNT // 2)
    assert not engine.left()
