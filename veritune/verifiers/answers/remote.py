"""One worker process, as seen by who asks it. It keeps the contract of `veritune.replies`.

What the process writes: `{"ready": pid}` for each new child, which says nothing about a request;
`{"id": n, ...}`, a child's reply; `{"id": n, "ended": code}`, the end of a child, where n is the
request that it was at, or 0.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from veritune.replies import LOOK_SECONDS, ReplyLostError, Stops, check_id
from veritune.verifiers.answers.worker import (
    NEEDS_SYMPY,
    OUT_OF_MEMORY,
    ComparisonReply,
    WorkerMessage,
)

# Wall seconds for a worker to import what it needs.
STARTUP = 60.0
# Wall seconds that a worker gets to end by itself.
FAREWELL = 0.5
# Exit codes of a child that passed a limit of ours: its timer's signal, and no more memory. All
# else (SIGKILL, also the kernel's where memory runs out, SIGSEGV, ...) is the machine's.
LIMITS = (-signal.SIGPROF, OUT_OF_MEMORY)
# Loads the worker's own modules without the packages' faces, which import far more.
BOOTSTRAP = """
import sys, types
root = sys.argv.pop(1)
for name in ("veritune", "veritune.verifiers", "veritune.verifiers.answers"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [root + name.removeprefix("veritune").replace(".", "/")]
from veritune.verifiers.answers.worker import main
main()
"""


class LimitPassedError(Exception):
    """The request passed a limit of ours. The worker has a fresh child."""


class ChildLostError(ReplyLostError):
    """The child ended at the request, and not by a limit. The worker has a fresh child."""


class BrokenWorkerError(ReplyLostError):
    """The worker process ends by itself before it is ready, as it will again."""


class Worker:
    """One worker process with its pipes; used by one thread at a time."""

    def __init__(self, seconds: float, memory_mb: int) -> None:
        command = [sys.executable, "-P", "-c", BOOTSTRAP, str(Path(__file__).parents[2])]
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [*command, str(memory_mb), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A group of its own, so that Ctrl-C is ours. In our session: when this process ends,
            # the kernel wakes what is stopped in the group, and hangs it up.
            process_group=0,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.input, self.output = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.input, False)
        self._replies, self._room = select.poll(), select.poll()
        self._replies.register(self.output, select.POLLIN)
        self._room.register(self.input, select.POLLOUT)
        self._numbers, self._buffer = itertools.count(1), b""
        self.child = self.process.pid
        try:
            self.child = int(self._receive(time.monotonic() + STARTUP)["ready"])
        except BaseException as error:
            self.close()
            if self.process.returncode > 0:
                raise BrokenWorkerError(f"the worker does not start: {error}") from None
            raise

    def ask(self, body: bytes, seconds: float) -> ComparisonReply:
        """The reply to one request; raises where it passes a limit, or the reply is lost.

        After `ReplyLostError`, unless it is a `ChildLostError`, the worker must be replaced.
        """
        deadline = time.monotonic() + seconds
        while self._buffer or self._replies.poll(0):
            self._pass_idle(self._receive(deadline))
        reply = self._asked(body, deadline)
        while reply.get("ended") == NEEDS_SYMPY:
            reply = self._asked(body, deadline)
        if (code := reply.get("ended")) is None:
            del reply["id"]
            return reply
        if code in LIMITS:
            raise LimitPassedError
        raise ChildLostError(f"the worker's child ended with code {code}")

    def _asked(self, body: bytes, deadline: float) -> WorkerMessage:
        """What is said of a request: its reply, or how the child ended."""
        number = next(self._numbers)
        self._send(b"%d %s\n" % (number, body), deadline)
        while "ready" in (reply := self._receive(deadline)):
            self.child = int(reply["ready"])
        check_id(reply, number)
        return reply

    def _pass_idle(self, message: WorkerMessage) -> None:
        """What is written while nothing is asked: a child has ended, and there is another."""
        if "ready" in message:
            self.child = int(message["ready"])
        elif "ended" not in message:
            raise ReplyLostError("the worker replied to no request")

    def _send(self, line: bytes, deadline: float) -> None:
        view, stops = memoryview(line), Stops()
        while view:
            try:
                view = view[os.write(self.input, view) :]
            except BlockingIOError:
                self._wait(self._room, stops, deadline)
            except OSError:
                raise ReplyLostError("the worker process has ended") from None

    def _receive(self, deadline: float) -> WorkerMessage:
        """One message from the worker."""
        stops = Stops()
        while b"\n" not in self._buffer:
            self._wait(self._replies, stops, deadline)
            data = os.read(self.output, 65536)
            if not data:
                raise ReplyLostError("the worker process has ended")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: WorkerMessage = json.loads(line)
        return message

    def _wait(self, poll: select.poll, stops: Stops, deadline: float) -> None:
        """Until the pipe is ready; raises where that is not to be expected."""
        while not poll.poll(LOOK_SECONDS * 1000):
            # Its forker matters only where the child is gone, but nobody stops one of them alone
            # for long, and a fresh worker costs less than a second.
            if stops.look((self.process.pid, self.child)):
                raise ReplyLostError("the worker process is stopped")
            if time.monotonic() > deadline:
                raise ReplyLostError("the machine was too busy to decide in time")

    def kill(self) -> None:
        """End the process and its child; from any thread."""
        if self.owner != os.getpid():
            return
        if self.process.returncode is None:
            # Not waited for yet, so the group's number is still its own.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Free its pipes, which ends it, or else kill it; by who uses it.

        What it ends by itself, it has waited for: the processor time of a child is known.
        """
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        if self.owner == os.getpid():
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(FAREWELL)
        self.kill()
