"""The host's side of the process that waits for a job."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
from typing import Any

from . import zygote

# One byte each, as the process that waits reads it.
MODES = {"answer": zygote.ANSWER, "shared": zygote.SHARED, "program": zygote.PROGRAM}


class Zygote:
    """The host's link to the process that forks.

    It takes one request after another, and answers each with one message. A process that was asked
    for may still be in the making when another one has ended: `met` keeps the answers in order.
    """

    def __init__(self, link: socket.socket, pid: int) -> None:
        self._link = link
        self._asked: StandbyProcess | None = None
        self._number = 0
        # Of an answer, or the end: a process that waits holds the link's other end open, too.
        self._news = select.poll()
        self._news.register(link, select.POLLIN)
        self._news.register(os.pidfd_open(pid), select.POLLIN)

    def ask(self, uid: int | None, rules: bytes) -> StandbyProcess:
        """Have a process made: shut in by `rules` (`Rules` as JSON), and waiting for its job."""
        self.met()
        own, its = socket.socketpair()
        with its:
            asked = zygote.UID.pack(self._next(), uid or 0) + rules
            socket.send_fds(self._link, [asked], [its.fileno()])
        self._asked = StandbyProcess(self, own, rules)
        return self._asked

    def met(self) -> None:
        """Wait until what was asked for is there."""
        if self._asked is not None:
            (self._asked.pid,) = self._answer(zygote.PID)
            self._asked.watch = os.pidfd_open(self._asked.pid)
            self._asked = None

    def end_of(self, pid: int) -> tuple[int, float, int, bool]:
        """Of a process that has ended: exit code, CPU ms, peak KiB; if it left a clean network."""
        self.met()
        self._link.send(zygote.PID.pack(self._next(), pid))
        code, cpu_ms, peak_kb, clean = self._answer(zygote.END)
        return code, cpu_ms, peak_kb, clean

    def _next(self) -> int:
        self._number = (self._number + 1) % (1 << 32)
        return self._number

    def _come(self) -> bytes:
        """An answer that is there already."""
        try:
            return self._link.recv(zygote.ASKED, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""

    def _answer(self, kind: struct.Struct) -> tuple[Any, ...]:
        answer = self._come() or (self._news.poll() and self._come())
        if not answer:
            raise RuntimeError("the process that forks candidates has ended")
        number, *found = kind.unpack(answer)
        if number != self._number:
            raise RuntimeError("the process that forks candidates answered another request")
        return tuple(found)


class StandbyProcess:
    """A process that was asked for; it runs one job.

    `watch`: a descriptor that is readable once it has ended. `end`: its exit code, CPU ms and peak
    KiB, from then on; `clean`: whether its network namespace can be another's.
    """

    def __init__(self, link: Zygote, own: socket.socket, rules: bytes) -> None:
        self.rules = rules
        self.end: tuple[int, float, int] | None = None
        self.pid = self.watch = -1
        self._link = link
        self._own = own
        self.clean = True
        self._missed = False

    def start(self, mode: str, fds: list[int]) -> None:
        """Give it its job's descriptors."""
        self._link.met()
        try:
            socket.send_fds(self._own, [MODES[mode]], fds)
        except BrokenPipeError:
            self._missed = True

    def read_end(self) -> None:
        """Take its end, once it has ended."""
        code, cpu_ms, peak_kb, self.clean = self._link.end_of(self.pid)
        self.end = (code, cpu_ms, peak_kb)

    def kill(self) -> None:
        """Kill it, and what it has started: it is the first of its pid namespace."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.watch, signal.SIGKILL)

    def complaint(self) -> str:
        """Why it could not be shut in, or nothing; frees its descriptors.

        It has ended, and its link to us is closed before anything of a candidate's runs.
        """
        os.close(self.watch)
        said = b""
        with self._own:
            try:
                said = self._own.recv(1000)
            except ConnectionResetError:  # what it was sent was never read
                self._missed = True
        return said.decode(errors="replace") or "it ended before its job came" * self._missed

    def discard(self) -> None:
        """End it where no job came that its rules fit."""
        self._link.met()
        self.kill()
        self.read_end()
        self.complaint()
