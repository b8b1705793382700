"""A sandbox's life: starting, being cancelled, killed, restarted, refused, and leaving nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import machine
import pytest

from veritune.sandbox import (
    Graded,
    Limits,
    Program,
    SandboxFailureError,
    SandboxUnavailableError,
    docker,
    open_sandbox,
)
from veritune.sandbox.pool import PooledSandbox
from veritune.sandbox.slot import Slot, SlotIndex

KINDS = ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
TESTS = {"type": "asserts", "tests": {"type": "asserts", "code": "assert f(1) == 2"}}
JOB = Graded(sources=(("solution.py", "def f(x):\n    return x + 1"),), tests=TESTS)
CLIENT = """
import asyncio, sys
from veritune.sandbox import Limits, Program, open_sandbox
async def main():
    long = Limits(cpu_seconds=300.0, wall_seconds=600.0)
    async with open_sandbox(sys.argv[1], workers=2, limits=long) as sandbox:
        job = Program(source="while True: pass")
        jobs = [asyncio.ensure_future(sandbox.run(job)) for _ in range(2)]
        await asyncio.sleep(2)
        print("running", flush=True)
        await asyncio.gather(*jobs)
asyncio.run(main())
"""


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_client_leaves_nothing(kind: str, tmp_path: Path) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, kind],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert client.stdout is not None
    assert client.stdout.readline() == b"running\n"
    ours = machine.descendants(client.pid)
    containers = machine.containers(client.pid)
    assert ours if kind == "bubblewrap" else containers
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    assert machine.eventually(lambda: not any(map(machine.alive, ours)), 10), machine.commands(ours)
    assert machine.eventually(lambda: not machine.containers(client.pid), 60)
    assert not list(tmp_path.iterdir())


async def test_a_cancelled_job_stops_and_its_slot_works_again() -> None:
    before = set(machine.descendants())
    long = Limits(cpu_seconds=300.0, wall_seconds=600.0)
    async with open_sandbox(workers=1, limits=long) as sandbox:
        await sandbox.run(Program(source="print(1)"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await sandbox.run(Program(source="while True: pass"))
        # Not after the limits of the one before.
        async with asyncio.timeout(120):
            assert (await sandbox.run(Program(source="print(1)"))).stdout == "1\n"
        assert machine.eventually(lambda: len(machine.confined()) == machine.STANDING, 60)
    assert set(machine.descendants()) <= before


async def test_what_dies_while_it_waits_for_a_job_is_no_fault_of_the_job() -> None:
    async with open_sandbox(workers=1) as sandbox:
        for _ in range(3):
            assert (await sandbox.run(Program(source="print(1)"))).stdout == "1\n"
            assert machine.eventually(lambda: len(machine.confined()) == machine.STANDING, 60)
            waiting = sorted(machine.confined())[1:]  # the first one forks graders
            kill(waiting)
            assert machine.eventually(lambda: not any(map(machine.alive, waiting)), 5)  # noqa: B023
            result = await sandbox.run(Program(source="print(2)"))
            assert (result.code, result.killed, result.stdout) == (0, "", "2\n")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_what_dies_just_as_its_job_comes_is_no_fault_of_the_job(kind: str) -> None:
    async with open_sandbox(kind, workers=1) as sandbox:
        for _ in range(12):
            await sandbox.run(JOB)
            kill([max(machine.confined())])
            result = await sandbox.run(JOB)
            assert result.report is not None
            assert [test[1] for test in result.report["tests"]] == ["accepted"], result


async def test_a_slot_whose_processes_are_killed_is_replaced_and_the_job_done() -> None:
    async with open_sandbox(workers=1) as sandbox:
        for _ in range(3):
            job = asyncio.ensure_future(
                sandbox.run(Program(source="import time\ntime.sleep(1)\nprint('done')"))
            )
            await asyncio.sleep(0.4)
            kill(machine.descendants())
            assert (await job).stdout == "done\n"


async def test_what_never_works_is_a_failure_after_some_tries() -> None:
    class Dead:
        async def write(self, data: bytes) -> None: ...

        async def read(self, size: int) -> bytes:
            raise EOFError("gone")

        async def close(self) -> None: ...

    opened = 0

    async def open_slot(seat: SlotIndex) -> Slot:
        nonlocal opened
        opened += 1
        return Slot(Dead(), seat)

    async with PooledSandbox(open_slot, workers=1, limits=Limits()) as sandbox:
        with pytest.raises(SandboxFailureError, match="gone"):
            await sandbox.run(JOB)
    assert opened == 3


def test_no_sandbox_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailableError, match="unknown"):
        open_sandbox("chroot")
    script = "from veritune.sandbox import open_sandbox\nopen_sandbox()"
    done = subprocess.run(
        [sys.executable, "-c", f"import os\nos.environ['PATH'] = '{tmp_path}'\n{script}"],
        capture_output=True,
        text=True,
        env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none"},
    )
    # Without a bwrap of the system's, that of the wheel serves.
    assert done.returncode == 0, done.stderr


def plain_python() -> str | None:
    """An interpreter of this version that a plain user may run, too."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return shutil.which(version, path="/usr/bin:/usr/local/bin:/bin")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(plain_python() is None, reason="no interpreter that plain users may run")
def test_a_plain_user_gets_what_the_kernel_gives(tmp_path: Path) -> None:
    user = pwd.getpwnam("nobody")
    script = f"""
import asyncio, json, sys
sys.path[:0] = {[str(Path(__file__).resolve().parents[2]), *sys.path]!r}
from veritune.sandbox import Limits, open_sandbox
from veritune.sandbox.doctor import examine
found = asyncio.run(examine(open_sandbox(workers=1), Limits()))
print(json.dumps([[f.guarantee, f.holds, f.fix] for f in found]))
"""
    done = subprocess.run(
        [str(plain_python()), "-c", script],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    if "ModuleNotFoundError" in done.stderr or "PermissionError" in done.stderr:
        pytest.skip("this checkout or its packages are not for plain users to read")
    found = {name: holds for name, holds, _ in json.loads(done.stdout)}
    failing = {name for name, holds in found.items() if not holds}
    assert failing <= {"own user id", "grader under a user id of its own"}, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_many_candidates_through_one_pool_leave_no_trace(kind: str) -> None:
    async with open_sandbox(kind, workers=2) as sandbox:

        async def some(count: int) -> None:
            for _ in range(count):
                results = await asyncio.gather(*(sandbox.run(JOB) for _ in range(4)))
                assert all(r.report and r.report["tests"][0][1] == "accepted" for r in results)

        def at_rest() -> bool:
            return len(machine.confined()) == 2 * machine.STANDING

        await some(10)
        assert machine.eventually(at_rest, 60)
        before = machine.descriptors(), machine.mounts(), len(machine.descendants())
        held = {pid: machine.resident_kb(pid) for pid in machine.descendants()}
        descriptors = {pid: machine.descriptors(pid) for pid in held}
        await some(50)
        assert machine.eventually(at_rest, 60)
        after = machine.descriptors(), machine.mounts(), len(machine.descendants())
        # A process may have ended meanwhile; more than before would be a leak.
        assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)
        for pid, kb in held.items():
            if machine.alive(pid):
                assert machine.resident_kb(pid) < kb + 4096, machine.commands([pid])
                assert machine.descriptors(pid) <= descriptors[pid]


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.skipif(shutil.which("docker") is None, reason="no docker command")
async def test_containers_that_vanish_are_replaced_and_every_job_done_once() -> None:
    async with open_sandbox("docker", workers=2) as sandbox:
        jobs = [asyncio.ensure_future(sandbox.run(JOB)) for _ in range(300)]
        engine = docker.connect()
        for _ in range(3):
            await asyncio.sleep(0.4)
            for name in machine.containers(os.getpid()):
                engine.kill(name)
        engine.close()
        results = await asyncio.gather(*jobs)
    assert [r.report["tests"] for r in results if r.report] == [
        [["assert 1", "accepted", ""]]
    ] * 300
    assert not machine.containers(os.getpid())
