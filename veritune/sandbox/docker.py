"""Slots in containers, through the `docker` SDK: any engine that speaks Docker's API.

One long-lived container a slot, with the fork server inside it. Jobs go over its standard input,
so a client that dies closes it, and the container ends and is removed.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import socket
from collections.abc import Iterable
from typing import cast

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.orphan_watcher import MARK
from veritune.orphans import new_mark
from veritune.replies import tree_of
from veritune.sandbox import removal
from veritune.sandbox.direct_pipe import DirectPipe, find_direct_pipe
from veritune.sandbox.engine import ENGINE_SECONDS, Closeable, DockerClient, connect, first_line
from veritune.sandbox.libraries import PLACE, Libraries
from veritune.sandbox.limits import Limits
from veritune.sandbox.runner import speed
from veritune.sandbox.runner.grader.preload import PRELOAD
from veritune.sandbox.runner.wire import frames
from veritune.sandbox.slot import BOOTSTRAP, Slot, SlotIndex

IMAGE = "veritune-sandbox"
# As in `bubblewrap`, without the prefix: the host's own, given up before a candidate starts.
CAPABILITIES = ["SETUID", "SETGID", "KILL", "SYS_ADMIN", "NET_ADMIN"]
# The cgroup holds the grader and a compiler's run as well as the candidate.
LEAST_MEMORY_MB, GRADER_MEMORY_MB, MORE_PROCESSES = 2048, 1024, 1_200
# The engine's framing of an attached stream: which stream, in a header of eight bytes.
STDOUT, STDERR, HEADER = 1, 2, 8
# The host, and what forks for it.
GENERATIONS = 2


def require_image(image: str) -> None:
    """Raise `SandboxUnavailableError` where the engine or the image is missing.

    Containers that an engine which was killed did not remove, or whose owner was killed, are.
    """
    engine = connect()
    try:
        if not engine.images(name=image):
            raise SandboxUnavailableError(
                f"docker: there is no image {image!r}; make it with `veritune sandbox build`"
            )
        with contextlib.suppress(Exception):
            removal.remove_abandoned(engine)
    finally:
        engine.close()


async def open_slot(
    limits: Limits, image: str, runtime: str | None, libraries: Libraries | None, index: SlotIndex
) -> Slot:
    """Start a container with a host process in it."""
    opening = functools.partial(_open, limits, image, runtime, libraries, index)
    container = await asyncio.to_thread(opening)
    slot = Slot(container, index)
    try:
        await slot.start()
        await container.use_direct_pipe(slot)
    except BaseException:
        await slot.close()
        raise
    return slot


def _open(
    limits: Limits, image: str, runtime: str | None, libraries: Libraries | None, index: SlotIndex
) -> _Container:
    import docker
    import requests

    engine = None
    try:
        engine = connect()
        removal.remove_postponed(engine)
        return _create(engine, limits, image, runtime, libraries, index)
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        if engine is not None:
            engine.close()
        raise SandboxFailureError(f"docker: {first_line(error)}") from None
    except SandboxUnavailableError as error:
        raise SandboxFailureError(str(error)) from None


def _create(
    engine: DockerClient,
    limits: Limits,
    image: str,
    runtime: str | None,
    libraries: Libraries | None,
    index: SlotIndex,
) -> _Container:
    memory = max(limits.memory_mb, LEAST_MEMORY_MB) + GRADER_MEMORY_MB
    options = engine.info().get("SecurityOptions") or []
    confined = any("apparmor" in option for option in options)
    host = engine.create_host_config(
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        cap_add=CAPABILITIES,
        # AppArmor's profile for containers forbids mounts; what we shut in is shut in by more.
        security_opt=["apparmor=unconfined"] if confined else [],
        ipc_mode="none",
        mem_limit=memory << 20,
        memswap_limit=memory << 20,
        pids_limit=limits.processes + MORE_PROCESSES,
        auto_remove=True,
        log_config={"Type": "none"},
        runtime=runtime,
        binds={str(libraries.folder): {"bind": PLACE, "mode": "ro"}} if libraries else None,
    )
    preload = {PRELOAD: " ".join(libraries.preloaded)} if libraries else {}
    made = engine.create_container(
        image=image,
        command=["-s", "-S", "-P", "-c", BOOTSTRAP],
        entrypoint=["python3"],
        environment=index.environment() | preload | {MARK: new_mark()},
        user="0:0",
        working_dir="/",
        stdin_open=True,
        labels=removal.labels(),
        # Who would be asked to end, and given time, is the first process, which hears of nothing.
        stop_signal="SIGKILL",
        host_config=host,
    )
    name = made["Id"]
    try:
        attached = engine.attach_socket(
            name, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        )
        engine.start(name)
    except BaseException:
        removal.remove(engine, name)
        raise
    return _Container(engine, name, attached)


class _Container:
    """The attached streams of one container."""

    def __init__(self, engine: DockerClient, name: str, attached: Closeable) -> None:
        self._engine, self._name, self._attached = engine, name, attached
        self._socket = cast("socket.socket", getattr(attached, "_sock", attached))
        self._socket.settimeout(None)
        self._socket.setblocking(False)
        self._raw, self._out, self._complaint = bytearray(), bytearray(), bytearray()
        self._direct_pipe: DirectPipe | None = None
        self._pid = 0

    async def use_direct_pipe(self, slot: Slot) -> None:
        """Pass the engine by, where that is possible."""
        if not speed.is_open():
            return
        pipe = (await self._replies(slot, None))["replies"]
        pid = await asyncio.to_thread(_first_process, self._engine, self._name)
        self._direct_pipe = find_direct_pipe(self._name, pid, pipe[0])
        if self._direct_pipe is not None:
            self._pid = pid  # known to be this kernel's number
            await self._replies(slot, pipe)

    async def _replies(self, slot: Slot, pipe: list[int] | None) -> dict[str, list[int]]:
        asked = frames.framed(frames.dumps({"id": None, "replies": pipe}))
        reply: dict[str, list[int]] = json.loads(await slot.run(asked, ENGINE_SECONDS))
        return reply

    def processes(self) -> Iterable[int]:
        return tree_of(self._pid, GENERATIONS) if self._pid else ()

    async def write(self, data: bytes) -> None:
        if self._direct_pipe is not None:
            await self._direct_pipe.write(data)
        else:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def was_killed(self) -> bool:
        return False  # The engine does not say who ended a container.

    async def read(self, size: int) -> bytes:
        while len(self._out) < size:
            if self._direct_pipe is not None and (part := await self._direct_pipe.read()):
                self._out += part
                continue
            data = await asyncio.get_running_loop().sock_recv(self._socket, 1 << 20)
            if not data:
                said = self._complaint.decode(errors="replace").strip()
                raise EOFError(said.splitlines()[-1] if said else "the container ended")
            self._raw += data
            self._split()
        found = bytes(self._out[:size])
        del self._out[:size]
        return found

    def _split(self) -> None:
        """Take whole messages off the engine's multiplexed stream."""
        at = 0
        while len(self._raw) - at >= HEADER:
            kind = self._raw[at]
            end = at + HEADER + int.from_bytes(self._raw[at + 4 : at + HEADER], "big")
            if len(self._raw) < end:
                break
            body = self._raw[at + HEADER : end]
            if kind == STDOUT:
                self._out += body
            elif kind == STDERR:
                self._complaint = (self._complaint + body)[-4000:]
            at = end
        del self._raw[:at]

    async def close(self) -> None:
        if self._direct_pipe is not None:
            self._direct_pipe.close()
            self._direct_pipe = None
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        # Closing its standard input ends it; removing it here makes sure that it is gone.
        with contextlib.suppress(OSError):
            self._socket.close()
        with contextlib.suppress(Exception):
            self._attached.close()
        removal.remove(self._engine, self._name)
        self._engine.close()


def _first_process(engine: DockerClient, name: str) -> int:
    """The number of a container's first process on the engine's machine."""
    import docker
    import requests

    try:
        return int(engine.inspect_container(name)["State"]["Pid"])
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise SandboxFailureError(f"docker: {first_line(error)}") from None
