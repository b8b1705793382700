"""The verifier of own code."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from queue import Empty, LifoQueue
from typing import Self

from veritune.records import Candidate, Problem, Verdict
from veritune.replies import TRIES, ReplyLostError
from veritune.verifiers.custom.calls import Own, check_own, error_verdict
from veritune.verifiers.custom.process import OwnLimitError, OwnProcess


class CustomVerifier:
    """Own code in `workers` processes, each candidate under a time limit.

    What own code raises, and what takes longer than `wall_seconds`, is a verdict "error". The
    processes have no sandbox: own code is trusted, and must not run what candidates wrote.
    """

    def __init__(self, own: Own, *, workers: int, wall_seconds: float) -> None:
        """Raises `RecipeError` for a path, a signature or options that are wrong."""
        check_own(own)
        self._own, self._seconds = own, wall_seconds
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="own")
        self._idle: LifoQueue[OwnProcess | None] = LifoQueue()
        for _ in range(workers):
            self._idle.put(None)

    async def __aenter__(self) -> Self:
        """Start one process, so that own code that does not open is told before any work."""
        loop = asyncio.get_running_loop()
        process = await loop.run_in_executor(self._threads, OwnProcess, self._own)
        self._idle.get_nowait()
        self._idle.put(process)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close own code and end its processes; verdicts that still run are waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        with suppress(Empty):
            while True:
                process = self._idle.get_nowait()
                if process is not None:
                    process.close()

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        """The verdict of own code."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._verify, problem, candidate)

    def _verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        started = time.monotonic()
        process, why = self._idle.get(), ""
        try:
            for _ in range(TRIES):
                try:
                    process = process or OwnProcess(self._own)
                    verdict = process.verify(problem, candidate, self._seconds)
                    return replace(verdict, seconds=round(time.monotonic() - started, 4))
                except OwnLimitError:
                    why = f"took more than {self._seconds:g} s"
                    process = _without(process)
                    break
                except ReplyLostError as error:
                    why = f"{error}, {TRIES} times"
                    process = _without(process)
            return error_verdict(candidate, why)
        finally:
            self._idle.put(process)


def _without(process: OwnProcess | None) -> OwnProcess | None:
    """End what cannot be asked again; a fresh one is started when it is next needed."""
    if process is not None:
        process.kill()
    return None
