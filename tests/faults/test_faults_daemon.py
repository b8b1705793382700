"""A Docker engine whose daemon, containerd and shims are killed while candidates are verified."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from injector import lives
from own_dockerd import OwnDockerd

from veritune.orphans import identity
from veritune.records import Candidate, problem_from_json
from veritune.sandbox import open_sandbox
from veritune.sandbox.docker import IMAGE
from veritune.sandbox.removal import LABEL, OWNER
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


async def test_what_a_killed_engine_left_of_ours_is_removed(
    engine: OwnDockerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    words = ["--network", "none", "--label", LABEL, "--entrypoint", "python3"]
    engine.ask("run", *words, IMAGE, "-c", "pass")
    assert [line.split()[2] for line in engine.left()] == ["Exited"]
    async with open_sandbox("docker", workers=1):
        assert [line.split()[2] for line in engine.left()] == ["Up"]
    assert not engine.left()


async def test_what_a_killed_owner_left_is_removed_and_a_living_one_s_is_not(
    engine: OwnDockerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    ended = subprocess.Popen(["sleep", "600"])
    names = {"ended": identity(ended.pid), "lives": identity(os.getpid()), "away": "a/b/1/2"}
    ended.kill()
    ended.wait()
    for name, owner in names.items():
        words = ["--name", name, "--network", "none", "--entrypoint", "python3", "--label", LABEL]
        assert engine.ask("create", *words, "--label", f"{OWNER}={owner}", IMAGE, "-c", "pass")
    async with open_sandbox("docker", workers=1):
        said = engine.ask("ps", "-a", "--filter", f"label={LABEL}", "--format", "{{.Names}}")
        assert set(said.split()) & set(names) == {"lives", "away"}
    assert engine.ask("rm", "lives", "away")
    assert not engine.left()


SLOT = """
import asyncio
from veritune.sandbox import open_sandbox

async def main():
    async with open_sandbox("docker", workers=1):
        print("open", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("fault", ["none", "container stopped", "daemon stopped", "daemon killed"])
def test_no_container_outlives_a_killed_owner(fault: str, engine: OwnDockerd) -> None:
    engine.mend(running=False)
    owner = subprocess.Popen(
        [sys.executable, "-c", SLOT],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **engine.environment()},
    )
    try:
        assert owner.stdout is not None and owner.stdout.readline() == "open\n"
        there, (daemon,) = engine.of_run(), engine.others()["daemon"]
        assert there
        for pid in there if fault == "container stopped" else ():
            os.kill(pid, signal.SIGSTOP)
        if "daemon" in fault:
            os.kill(daemon, signal.SIGSTOP if "stopped" in fault else signal.SIGKILL)
    finally:
        owner.kill()
        owner.communicate()
    end = time.monotonic() + 30
    while any(map(lives, there)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(lives, there))  # While the daemon is still away.
    if "stopped" in fault:
        os.kill(daemon, signal.SIGCONT)
    engine.mend(running=False)
    while engine.left() and time.monotonic() < end + 30:
        time.sleep(0.1)
    assert not engine.left()


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
