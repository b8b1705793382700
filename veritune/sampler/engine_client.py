"""Two processes that depend on each other: either may be killed, and the other must notice.

vLLM 0.32's client waits forever for an engine that was killed, and its engine runs forever after
its client was killed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from queue import Empty, Queue
from typing import TypeVar

from veritune.errors import VerituneError
from veritune.replies import Stops

# How soon a dead engine is noticed, against waking up while nothing happens.
POLL_SECONDS = 0.5
# Reads process ids until this process ends, however it does, and ends those as well.
WATCH = """
import os, signal, sys
for pid in [int(line) for line in sys.stdin]:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""
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
        self._watcher = self._watch()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold what multiprocessing starts inside, from its first moment on.

        Of it, what is stopped is ended: whoever starts it would wait for it for ever.
        """
        before, over, stops = active_children(), threading.Event(), Stops()

        def look() -> None:
            while True:
                # Oftener while processes start: one that is not held yet would outlive us.
                last = over.wait(POLL_SECONDS / 5)
                for child in active_children():
                    if child not in before and child not in self.held:
                        self._hold(child)
                if stops.look(child.pid for child in self.held if child.pid):
                    for child in self.held:
                        child.kill()
                if last:
                    return

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()

    def kill(self) -> None:
        """Kill what is held; from any thread, and more than once."""
        for process in self.held:
            with suppress(ValueError):  # It has been closed.
                process.kill()
        self.close()

    def close(self) -> None:
        """Stop watching."""
        self._watcher.kill()
        self._watcher.wait()
        if self._watcher.stdin is not None:
            with suppress(BrokenPipeError):  # It was killed before it had read all.
                self._watcher.stdin.close()

    def _hold(self, child: BaseProcess) -> None:
        self.held.append(child)
        try:
            self._tell([child])
        except BrokenPipeError:  # Somebody has killed it.
            self.close()
            self._watcher = self._watch()
            self._tell(self.held)

    def _tell(self, children: Sequence[BaseProcess]) -> None:
        assert self._watcher.stdin is not None
        for child in children:
            print(child.pid, file=self._watcher.stdin, flush=True)

    def _watch(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WATCH],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, and must not end it before us.
        )
