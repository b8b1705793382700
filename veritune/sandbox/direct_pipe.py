"""Pipes straight to a container's first process, where the engine runs on this machine.

An engine copies a container's streams from process to process on their way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

# The most that one read takes, and that is kept before the reader waits.
PART = 1 << 20


class DirectPipe:
    """The standard input of a container's first process, and a pipe of its own for replies."""

    def __init__(self, into: int, replies: int) -> None:
        self._into, self._pipe = into, os.fdopen(replies, "rb", buffering=0)
        self._replies = asyncio.StreamReader(limit=PART)
        self._transport: asyncio.ReadTransport | None = None

    async def write(self, data: bytes) -> None:
        """Send all of it; raises `OSError` where the process has ended."""
        view, loop = memoryview(data), asyncio.get_running_loop()
        while view:
            try:
                view = view[os.write(self._into, view) :]
            except BlockingIOError:
                room = loop.create_future()
                loop.add_writer(self._into, _tell, room)
                try:
                    await room
                finally:
                    loop.remove_writer(self._into)

    async def read(self) -> bytes:
        """What has come, or nothing where the process has ended."""
        if self._transport is None:
            self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(self._replies), self._pipe
            )
        return await self._replies.read(PART)

    def close(self) -> None:
        """Free the descriptors; in the event loop's thread."""
        os.close(self._into)
        if self._transport is None:
            self._pipe.close()
        else:
            self._transport.close()


def find_direct_pipe(container: str, pid: int, replies: int) -> DirectPipe | None:
    """The shortcut to process `pid` of a container; None where it cannot be had from here.

    The number may be one of another machine's, or not for us to open: only a process that this
    kernel counts to the container is ever touched.
    """
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        if not pid or container not in Path(f"/proc/{pid}/cgroup").read_text():
            return None
        fds = []
        for number, flag in ((0, os.O_WRONLY), (replies, os.O_RDONLY)):
            path = f"/proc/{pid}/fd/{number}"
            fds.append(os.open(path, flag | os.O_NONBLOCK | os.O_CLOEXEC))
            opened.callback(os.close, fds[-1])
        opened.pop_all()
        return DirectPipe(*fds)
    return None


def _tell(room: asyncio.Future[None]) -> None:
    if not room.done():
        room.set_result(None)
