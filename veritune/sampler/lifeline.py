"""Calls into a process that may die: they come back, or are given up when it has.

vLLM's own client waits for ever for a process that was killed (seen with 0.32).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from queue import Empty, Queue
from typing import Any, TypeVar

from veritune.errors import VerituneError

POLL_SECONDS = 0.5
T = TypeVar("T")


class EngineDiedError(VerituneError, RuntimeError):
    """The engine's process has ended, with all that was under way in it."""


class Lifeline:
    """Makes calls one at a time in a thread of its own, while `processes` live."""

    def __init__(self, processes: Sequence[BaseProcess]) -> None:
        self._processes = list(processes)
        self._jobs: Queue[tuple[Callable[[], Any], Queue[Any]] | None] = Queue()
        # A daemon: where the process has died, the call may never come back.
        threading.Thread(target=self._work, daemon=True).start()

    def call(self, work: Callable[[], T]) -> T:
        """The result of `work()`; raises `EngineDiedError` once a process has ended."""
        done: Queue[tuple[T | None, BaseException | None]] = Queue()
        self._jobs.put((work, done))
        while True:
            try:
                result, error = done.get(timeout=POLL_SECONDS)
            except Empty:
                if not self.alive:
                    raise EngineDiedError("the engine's process has ended") from None
                continue
            if error is not None and not self.alive:
                raise EngineDiedError("the engine's process has ended") from None
            if error is not None:
                raise error
            return result  # type: ignore[return-value]

    @property
    def alive(self) -> bool:
        """Whether all processes are."""
        return all(process.is_alive() for process in self._processes)

    def close(self) -> None:
        """Make no further calls."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done = job
            try:
                done.put((work(), None))
            except BaseException as error:
                done.put((None, error))
