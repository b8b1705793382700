"""Comparisons in worker processes that can be killed, from any thread.

A comparison that passes its processor time or memory costs that limit and the fork of one child;
no other comparison notices. One whose worker is lost is made again by a fresh one, as
`veritune.replies` says; where that keeps failing the machine is to blame, and the result says so.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from queue import Empty, LifoQueue

from veritune.algebra import AnswerPolicy
from veritune.replies import LOOK_SECONDS, TRIES, ReplyLostError
from veritune.verifiers.answers.comparison import Comparison
from veritune.verifiers.answers.remote import (
    STARTUP,
    BrokenWorkerError,
    ChildLostError,
    LimitPassedError,
    Worker,
)

# Processor time of one comparison.
SECONDS = 0.8
# Wall time, in multiples of the processor time, after which the machine is to blame.
PATIENCE = 75.0
# Address space of one worker; a comparison that needs more is at its limit.
MEMORY_MB = 1_024


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
        if alone is not None and alone.machine:
            return _machine(gold, pred, alone.detail)
        to_blame = alone is None or alone.relation == "unparsed reference"
        return Comparison(
            relation="unparsed reference" if to_blame else "limit reached",
            gold=gold,
            pred=pred,
            detail=f"more than {self.seconds:g} s of processor time or {self.memory_mb} MB",
        )

    def _run(self, gold: str, pred: str, policy: AnswerPolicy) -> Comparison | None:
        """None where the comparison passed a limit."""
        body = json.dumps({"gold": gold, "pred": pred, "policy": _fields(policy)}).encode()
        worker, why = self._idle.get(), ""
        try:
            for _ in range(TRIES):
                try:
                    worker = self._usable(worker)
                    return Comparison(**worker.ask(body, self.seconds * PATIENCE))
                except LimitPassedError:
                    return None
                except ReplyLostError as error:
                    why = str(error)
                    if worker is not None and not isinstance(error, ChildLostError):
                        self._discard(worker)
                        worker = None
            return _machine(gold, pred, f"{why}, {TRIES} times")
        finally:
            self._idle.put(worker)

    def _usable(self, worker: Worker | None) -> Worker:
        """A live worker of this very process, and not of the one it was forked from."""
        if worker is None or worker.owner != os.getpid():
            worker = self._start()
        if self._closed:
            worker.close()
            raise RuntimeError("the pool is closed")
        return worker

    def _start(self) -> Worker:
        """A new worker. One that is lost before it is ready was not asked, so costs no try."""
        deadline = time.monotonic() + STARTUP
        while not self._closed:
            try:
                worker = Worker(self.seconds, self.memory_mb)
            except ReplyLostError as error:
                if isinstance(error, BrokenWorkerError) or time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)
                continue
            with self._lock:
                self._started.add(worker)
            return worker
        raise RuntimeError("the pool is closed")

    def _discard(self, worker: Worker) -> None:
        with self._lock:
            self._started.discard(worker)
        worker.kill()
        worker.close()

    def close(self) -> None:
        """End all workers; comparisons that still run are lost."""
        self._closed = True
        with self._lock:
            started, self._started = self._started, set()
        idle: list[Worker | None] = []
        with suppress(Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for worker in started.difference(idle):
            worker.kill()  # Who uses it closes it.
        for unused in idle:
            if unused is not None:
                unused.close()
            self._idle.put(None)


@lru_cache(maxsize=16)
def _fields(policy: AnswerPolicy) -> str:
    return json.dumps(asdict(policy))


def _machine(gold: str, pred: str, detail: str) -> Comparison:
    return Comparison(relation="limit reached", gold=gold, pred=pred, detail=detail, machine=True)
