"""The host's side of the process that waits for a job."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from typing import Any

from . import wire, zygote

MODES = {"answer": zygote.ANSWER, "shared": zygote.SHARED, "program": zygote.PROGRAM}


class Waiting:
    """A process that was asked for: shut in by its rules, and waiting; then it runs one job.

    `link`: to the process that forks. `end`: its exit code, CPU ms and peak KiB, once it has ended.
    """

    def __init__(self, link: socket.socket, uid: int | None, rules: dict[str, Any]) -> None:
        self.rules = rules
        self.end: tuple[int, float, int] | None = None
        self.pid = 0
        self._link = link
        self._fds: list[int] = []
        self._missed = False
        wire.write(link.fileno(), zygote.UID.pack(uid or 0) + json.dumps(rules).encode())

    def start(self, mode: str, fds: list[int]) -> None:
        """Give it its job's descriptors."""
        self._meet()
        own = socket.socket(fileno=self._fds.pop(0))
        with own:
            try:
                socket.send_fds(own, [MODES[mode]], fds)
            except BrokenPipeError:
                self._missed = True

    def read_end(self) -> None:
        """Take its end, which is ready on the link."""
        data = _exactly(self._link, zygote.END.size)
        self.end = zygote.END.unpack(data)

    def kill(self) -> None:
        """Kill it, and what it has started: it is the first of its pid namespace."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._fds[0], signal.SIGKILL)

    def complaint(self) -> str:
        """Why it could not be shut in, or nothing; frees its descriptors."""
        said = os.read(self._fds[1], 1000).decode(errors="replace")
        for fd in self._fds:
            os.close(fd)
        return said or "it ended before its job came" * self._missed

    def discard(self) -> None:
        """End it where no job came that its rules fit."""
        self._meet()
        os.close(self._fds.pop(0))
        self.kill()
        self.read_end()
        self.complaint()

    def _meet(self) -> None:
        data, self._fds, _, _ = socket.recv_fds(self._link, zygote.READY.size, 3)
        if len(data) < zygote.READY.size:
            raise RuntimeError("the process that forks candidates has ended")
        (self.pid,) = zygote.READY.unpack(data)


def _exactly(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = link.recv(size - len(data))
        if not part:
            raise RuntimeError("the process that forks candidates has ended")
        data += part
    return data
