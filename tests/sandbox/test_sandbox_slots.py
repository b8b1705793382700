"""Where a pool's slots run, and how a client reaches them."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket

import pytest

from veritune.sandbox import (
    Graded,
    Limits,
    Program,
    SandboxFailureError,
    docker,
    job,
    open_sandbox,
    slot,
)
from veritune.sandbox.direct_pipe import DirectPipe, find_direct_pipe
from veritune.sandbox.runner.wire import frames

KINDS = ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
TESTS = {"type": "asserts", "tests": {"type": "asserts", "code": "assert f(1) == 2"}}
JOB = Graded(sources=(("solution.py", "def f(x):\n    return x + 1"),), tests=TESTS)
# Long enough for every slot to have one at the same time.
WHERE = Program(source="import os, time\nprint(*os.sched_getaffinity(0))\ntime.sleep(0.5)")


# Sockets on their way to themselves stay until the kernel collects them, the later the more wait.
SQUATTER = Program(
    source="""
import os, socket
a, b = socket.socketpair()
sent = [a.fileno(), b.fileno()]
for n in range(10):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"\\0squat-{n}"); listener.listen(4096)
    try:
        while True:
            with socket.socket(socket.AF_UNIX) as s:
                s.setblocking(False); s.connect(f"\\0squat-{n}")
    except BlockingIOError: pass
    sent.append(listener.detach())
socket.send_fds(a, [b"x"], sent)
os._exit(0)
"""
)
BINDS = Program(source="import socket\nsocket.socket(socket.AF_UNIX).bind('\\0squat-0')")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_that_a_candidate_took_is_free_for_the_next(kind: str) -> None:
    roomy = Limits(memory_mb=1 << 20)  # else it is ended for what it keeps in the kernel
    async with open_sandbox(kind, workers=1, limits=roomy) as sandbox:
        for _ in range(4):
            assert (await sandbox.run(SQUATTER)).code == 0
            result = await sandbox.run(BINDS)
            assert (result.code, result.stderr) == (0, "")


async def where(kind: str, workers: int) -> list[list[str]]:
    """The cores that the jobs of a busy pool may run on."""
    async with open_sandbox(kind, workers=workers) as sandbox:
        results = await asyncio.gather(*(sandbox.run(WHERE) for _ in range(workers)))
    return sorted(result.stdout.split() for result in results)


@pytest.mark.parametrize("kind", KINDS)
async def test_with_a_slot_for_every_core_each_keeps_to_its_own(kind: str) -> None:
    cores = [str(core) for core in sorted(os.sched_getaffinity(0))]
    assert await where(kind, 2 * len(cores)) == sorted([core] for core in cores * 2)


async def test_with_fewer_slots_the_machine_decides() -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        pytest.skip("this machine has one core")
    found = await where("bubblewrap", len(cores) - 1)
    assert all(len(allowed) == len(cores) for allowed in found)


async def test_a_slot_that_is_replaced_leaves_its_core_to_the_next() -> None:
    cores = len(os.sched_getaffinity(0))
    async with open_sandbox(workers=cores) as sandbox:
        await asyncio.gather(*(sandbox.run(WHERE) for _ in range(cores)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await sandbox.run(Program(source="while True: pass"))
        results = await asyncio.gather(*(sandbox.run(WHERE) for _ in range(cores)))
    assert len({result.stdout for result in results}) == cores


@pytest.mark.parametrize("kind", KINDS)
async def test_another_python_compiles_the_runner_itself(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "MAGIC_NUMBER", b"another")
    slot.runner_frame.cache_clear()
    try:
        async with open_sandbox(kind, workers=1) as sandbox:
            result = await sandbox.run(JOB)
    finally:
        slot.runner_frame.cache_clear()
    assert result.report is not None
    assert [test[1] for test in result.report["tests"]] == ["accepted"]


def pipes() -> int:
    """How many pipes this process holds."""
    held = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    return sum(os.readlink(fd).startswith("pipe:") for fd in held if os.path.lexists(fd))


@pytest.mark.docker
@pytest.mark.parametrize("near", [True, False])
async def test_an_engine_is_passed_by_where_it_is_near_and_used_where_not(near: bool) -> None:
    if near and os.geteuid() != 0:
        pytest.skip("only root may open the pipes of a container's process")
    before, seat = pipes(), slot.SlotIndex(0, 1)
    long = "x" * 3_000_000  # more than a pipe holds, there and back
    echo = Program(source="print(input())", stdin=long)
    if near:
        opened = await docker.open_slot(Limits(), docker.IMAGE, None, None, seat)
    else:  # as where none is found: a pipe is made, and not used
        opened = slot.Slot(docker._open(Limits(), docker.IMAGE, None, None, seat), seat)
    try:
        if not near:
            await opened.start()
            await opened.run(frames.framed(frames.dumps({"id": None, "replies": None})), 60)
        for asked in (JOB, echo, JOB):
            frame, nonce = job.encode(asked, Limits(output_kb=4000))
            result = job.decode(await opened.run(frame, 60), nonce)
            if asked is echo:
                assert result.stdout == long + "\n"
            else:
                assert result.report is not None
                assert [test[1] for test in result.report["tests"]] == ["accepted"]
        assert pipes() - before == (2 if near else 0)
    finally:
        await opened.close()


@pytest.mark.docker
async def test_a_container_that_is_gone_before_it_is_looked_at_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[str] = []

    def find(container: str, pid: int, replies: int) -> DirectPipe | None:
        if not gone:
            gone.append(container)
            engine = docker.connect()
            engine.remove_container(container, force=True)
            engine.close()
        return find_direct_pipe(container, pid, replies)

    async with open_sandbox("docker", workers=2) as sandbox:
        await sandbox.run(JOB)
        monkeypatch.setattr(docker, "find_direct_pipe", find)
        results = await asyncio.gather(*(sandbox.run(WHERE) for _ in range(4)))
    assert gone
    assert all(result.code == 0 for result in results)


@pytest.mark.docker
def test_a_container_that_is_gone_is_a_failure_of_the_sandbox() -> None:
    engine = docker.connect()
    try:
        with pytest.raises(SandboxFailureError, match="docker: "):
            docker._first_process(engine, "0" * 64)
    finally:
        engine.close()


async def test_a_program_that_is_not_there_is_said() -> None:
    async with open_sandbox(workers=1) as sandbox:
        result = await sandbox.run(Program(argv=("no-such-program",)))
    assert (result.code, result.stderr) == (127, "no-such-program: No such file or directory\n")


def test_a_process_of_nobody_s_container_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    assert find_direct_pipe("0" * 64, os.getpid(), theirs.fileno()) is None
    assert find_direct_pipe("0" * 64, 0, 1) is None
    ours.close()
    theirs.close()
