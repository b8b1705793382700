"""Comparisons in worker processes that can be killed, from any thread.

A comparison that passes its processor time or memory costs that limit and the fork of one child;
no other comparison notices. Where a worker does not answer for a long time although its processor
limit never struck, the machine is to blame, and the result says so.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import LifoQueue
from typing import Any

from veritune.algebra.equality.policy import AnswerPolicy
from veritune.verifiers.answers.comparison import Comparison

SECONDS = 0.8
"""Processor time of one comparison."""
PATIENCE = 75.0
"""Wall time, in multiples of the processor time, after which the machine is to blame."""
STARTUP = 60.0
"""Wall seconds for the first worker to import what it needs."""
MEMORY_MB = 1_024
FAREWELL = 0.5
"""Wall seconds that a worker gets to end by itself."""


BOOTSTRAP = """
import sys, types
root = sys.argv.pop(1)
for name in ("veritune", "veritune.verifiers", "veritune.verifiers.answers"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [root + name.removeprefix("veritune").replace(".", "/")]
from veritune.verifiers.answers.worker import main
main()
"""
"""Loads the worker's own modules without the packages' faces, which import far more."""


class WorkerDiedError(Exception):
    """The worker's child died of the comparison that it was given."""


class WorkerLostError(Exception):
    """The worker process is gone altogether."""


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
            start_new_session=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.input, self.output = self.process.stdin.fileno(), self.process.stdout.fileno()
        self.buffer = b""
        self.child = int(self.receive(STARTUP)["ready"])

    def ask(self, line: bytes, seconds: float) -> dict[str, Any]:
        """The reply to one request; raises where the child dies or stays silent."""
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(self.input, view) :]
        except OSError:
            raise WorkerLostError from None
        reply = self.receive(seconds)
        if "ready" in reply:
            self.child = int(reply["ready"])
            raise WorkerDiedError
        return reply

    def receive(self, seconds: float) -> dict[str, Any]:
        """One line from the worker."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.output, select.POLLIN)
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise TimeoutError
            data = os.read(self.output, 65536)
            if not data:
                raise WorkerLostError
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def restart_child(self) -> None:
        """Kill the child that stays silent, and wait for the next one."""
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)
        while "ready" not in (reply := self.receive(STARTUP)):
            pass
        self.child = int(reply["ready"])

    def close(self) -> None:
        """End the process, and its child with it."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        if self.owner != os.getpid():
            return
        try:
            self.process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Pool:
    """A number of workers, each started when it is first needed."""

    def __init__(
        self, workers: int = 1, *, seconds: float = SECONDS, memory_mb: int = MEMORY_MB
    ) -> None:
        if workers < 1 or seconds <= 0:
            raise ValueError("a pool needs at least one worker and some time")
        self.seconds, self.memory_mb, self.workers = seconds, memory_mb, workers
        self._idle: LifoQueue[Worker | None] = LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._lock = threading.Lock()
        self._closed = False
        self._started: set[Worker] = set()

    def compare(self, gold: str, pred: str, policy: AnswerPolicy) -> Comparison:
        """As `decide`, in a worker; may be called from any thread."""
        result = self._run(gold, pred, policy)
        if result is not None:
            return result
        alone = self._run(gold, "0", policy)
        to_blame = alone is None or alone.relation == "unparsed reference"
        return Comparison(
            relation="unparsed reference" if to_blame else "limit reached",
            gold=gold,
            pred=pred,
            detail=f"more than {self.seconds:g} s of processor time or {self.memory_mb} MB",
        )

    def _run(self, gold: str, pred: str, policy: AnswerPolicy) -> Comparison | None:
        """None where the comparison ran into its limit."""
        request = {"gold": gold, "pred": pred, "policy": asdict(policy)}
        line = json.dumps(request).encode() + b"\n"
        worker = self._idle.get()
        try:
            for attempt in (1, 2, 3):
                try:
                    worker = self._usable(worker)
                    reply = worker.ask(line, self.seconds * PATIENCE)
                    return Comparison(**reply)
                except WorkerLostError:
                    self._discard(worker)
                    worker = None
                    if attempt == 3:
                        return _machine(gold, pred, "the worker process was lost")
            return None
        except WorkerDiedError:
            return None
        except TimeoutError:
            return self._silent(worker, gold, pred)
        finally:
            self._idle.put(worker)

    def _usable(self, worker: Worker | None) -> Worker:
        """A live worker of this very process, and not of the one it was forked from."""
        if self._closed:
            raise RuntimeError("the pool is closed")
        if worker is None or worker.owner != os.getpid():
            worker = Worker(self.seconds, self.memory_mb)
            with self._lock:
                self._started.add(worker)
        return worker

    def _discard(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._lock:
                self._started.discard(worker)
            worker.close()

    def _silent(self, worker: Worker | None, gold: str, pred: str) -> Comparison:
        if worker is not None:
            worker.restart_child()
        return _machine(gold, pred, "the machine was too busy to decide in time")

    def close(self) -> None:
        """End all workers; comparisons that still run are lost."""
        self._closed = True
        with self._lock:
            started, self._started = self._started, set()
        for worker in started:
            worker.close()


def _machine(gold: str, pred: str, detail: str) -> Comparison:
    return Comparison(relation="limit reached", gold=gold, pred=pred, detail=detail, machine=True)
