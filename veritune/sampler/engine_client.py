"""Two processes that depend on each other: either may be killed, and the other must notice.

vLLM 0.32's client waits forever for an engine that was killed, and its engine runs forever after
its client was killed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from queue import Empty, Queue
from typing import TypeVar

from veritune.errors import VerituneError
from veritune.orphan_watcher import MARK
from veritune.orphans import OrphanWatchers, end_marked, new_mark
from veritune.replies import Stops

# How soon a dead engine is noticed, against waking up while nothing happens.
POLL_SECONDS = 0.5
# A process that gives itself a title (setproctitle) then leaves its environment as it is, in which
# the mark stands.
KEPT = "SPT_NOENV"
T = TypeVar("T")


class EngineDiedError(VerituneError, RuntimeError):
    """The engine's process has ended, with all that was under way in it."""


class EngineClient:
    """Makes calls one at a time in a thread of its own, while `processes` live."""

    def __init__(
        self, processes: Sequence[BaseProcess], fatal: type[BaseException] = EOFError
    ) -> None:
        """`fatal` is the error by which the other side says itself that it has ended."""
        self._processes, self._fatal = list(processes), fatal
        self._jobs: Queue[Callable[[], None] | None] = Queue()
        # A daemon: where the process has died, the call may never come back.
        threading.Thread(target=self._work, daemon=True).start()

    def call(self, work: Callable[[], T]) -> T:
        """The result of `work()`; raises `EngineDiedError` once a process has ended.

        One that is stopped is ended. The result has a queue of its own: what comes after it was
        given up is nobody's.
        """
        done: Queue[tuple[T | None, BaseException | None]] = Queue()
        stops = Stops()

        def job() -> None:
            try:
                done.put((work(), None))
            except BaseException as error:
                done.put((None, error))

        self._jobs.put(job)
        while True:
            try:
                result, error = done.get(timeout=POLL_SECONDS)
            except Empty:
                if stops.look(process.pid for process in self._processes if process.pid):
                    for process in self._processes:
                        process.kill()
                    raise EngineDiedError("the engine's process was stopped") from None
                if not self.alive:
                    raise EngineDiedError("the engine's process has ended") from None
                continue
            if error is not None and (isinstance(error, self._fatal) or not self.alive):
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
            job()


class ProcessGuard:
    """Ends the processes that it holds when this process ends, even by kill -9."""

    def __init__(self) -> None:
        self.held: list[BaseProcess] = []
        self._mark, self._watchers = new_mark(), OrphanWatchers()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold what multiprocessing starts inside, from its first moment on, and what that starts.

        Of it, what is stopped is ended: whoever starts it would wait for it for ever.
        """
        before, over, stops = active_children(), threading.Event(), Stops()

        def look() -> None:
            while True:
                # Oftener while processes start.
                last = over.wait(POLL_SECONDS / 5)
                for child in active_children():
                    if child not in before and child not in self.held:
                        self.held.append(child)
                        self._watchers.tell(child.pid or 0)
                if stops.look(child.pid for child in self.held if child.pid):
                    for child in self.held:
                        child.kill()
                if last:
                    return

        looking = threading.Thread(target=look)
        looking.start()
        kept = {name: os.environ.get(name) for name in (MARK, KEPT)}
        os.environ |= {MARK: self._mark, KEPT: "1"}
        try:
            yield
        finally:
            for name, value in kept.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            over.set()
            looking.join()

    def kill(self) -> None:
        """Kill what is held, and all that it started; from any thread, and more than once."""
        for process in self.held:
            with suppress(ValueError):  # It has been closed.
                process.kill()
        end_marked(self._mark)
        self.close()

    def close(self) -> None:
        """Stop watching."""
        self._watchers.close()
