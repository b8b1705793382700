"""One process of own verifiers, as seen by who asks it. It keeps `veritune.replies`'s contract."""

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
from dataclasses import asdict
from typing import TypedDict, cast

from veritune.errors import RecipeError
from veritune.records import Candidate, Problem, Verdict
from veritune.replies import LOOK_SECONDS, ReplyLostError, Stops, check_id
from veritune.verifiers.custom.calls import Own

# Wall seconds for own code to be imported and opened: it may load a model.
STARTUP = 120.0
# Wall seconds that own code gets to close.
FAREWELL = 5.0


class OwnReply(TypedDict, total=False):
    """What the process writes: that it is ready, why it is not, or a verdict."""

    ready: bool
    refused: str
    id: int
    verdict: dict[str, object]


class OwnLimitError(Exception):
    """Own code took longer than its time limit; its process must be replaced."""


class OwnProcess:
    """A process with its pipes; used by one thread at a time."""

    def __init__(self, own: Own) -> None:
        spec = json.dumps({**asdict(own), "options": dict(own.options)})
        path = os.pathsep.join([os.getcwd(), *filter(None, sys.path)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "veritune.verifiers.custom.worker", spec],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            process_group=0,  # Ctrl-C is ours
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._numbers, self._buffer = itertools.count(1), b""
        try:
            first = self._receive(time.monotonic() + STARTUP)
        except BaseException:
            self.kill()
            raise
        if why := first.get("refused"):
            self.kill()
            raise RecipeError(f"{own.key}: {own.path!r}: {why}")

    def verify(self, problem: Problem, candidate: Candidate, seconds: float) -> Verdict:
        """The verdict of one candidate.

        Raises `OwnLimitError` where it takes too long, `ReplyLostError` where the reply is lost.
        """
        number, deadline = next(self._numbers), time.monotonic() + seconds
        request = {"id": number, "problem": problem.to_json(), "candidate": candidate.to_json()}
        self._send(json.dumps(request).encode() + b"\n", deadline)
        reply = self._receive(deadline)
        check_id(reply, number)
        return Verdict.from_json(reply["verdict"])

    def _send(self, line: bytes, deadline: float) -> None:
        view, stops = memoryview(line), Stops()
        while view:
            try:
                view = view[os.write(self._input, view) :]
            except BlockingIOError:
                self._wait(deadline, stops, writes=True)
            except OSError:
                raise ReplyLostError("the process of the own verifier has ended") from None

    def _receive(self, deadline: float) -> OwnReply:
        stops = Stops()
        while b"\n" not in self._buffer:
            self._wait(deadline, stops, writes=False)
            data = os.read(self._output, 1 << 16)
            if not data:
                raise ReplyLostError("the process of the own verifier has ended")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise ReplyLostError("the own verifier's reply is damaged")
        return cast("OwnReply", message)

    def _wait(self, deadline: float, stops: Stops, *, writes: bool) -> None:
        """Until the pipe is ready; raises where that is not to be expected."""
        poll = select.poll()
        poll.register(
            self._input if writes else self._output, select.POLLOUT if writes else select.POLLIN
        )
        while not poll.poll(LOOK_SECONDS * 1000):
            if stops.look([self._process.pid]):
                raise ReplyLostError("the process of the own verifier is stopped")
            if time.monotonic() > deadline:
                raise OwnLimitError

    def kill(self) -> None:
        """End the process, and all that it started in its group."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._free()

    def close(self) -> None:
        """Let own code close, and end the process."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            self.kill()
        self._free()

    def _free(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
