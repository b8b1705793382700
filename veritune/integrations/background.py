"""One event loop with its verifiers in every process, for callers of any kind.

Peers call reward functions from plain threads, from executors, from notebooks whose thread already
runs a loop, and as coroutines on loops of their own; `asyncio.run` fails in some of these. So
everything of this wing runs on one loop in a thread of its own, since a sandbox belongs to the loop
that opened it. All callers share one verifier for each configuration, and one limit on how
much is under way.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass

from veritune.config import VerifierConfig
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers import Verifier, open_verifier

Pairs = Sequence[tuple[Problem, Candidate]]
# Two a core: verifying waits for processes about half of the time.
AT_ONCE = 2 * (os.cpu_count() or 1)


@dataclass(slots=True, kw_only=True)
class Gauge:
    """What the verifiers of this process did for its reward functions since it began.

    `seconds` is what the verdicts took together, without waiting for a free place.
    """

    verdicts: int = 0
    errors: int = 0
    in_flight: int = 0
    seconds: float = 0.0


class _Background:
    """The loop, the verifiers that were opened on it, and what they did."""

    def __init__(self) -> None:
        self.gauge = Gauge()
        self.loop = asyncio.new_event_loop()
        self._owner = os.getpid()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._stack = AsyncExitStack()
        self._opened: dict[str, asyncio.Task[Verifier]] = {}
        # A daemon, in a thread that never ends: it must not keep the process.
        threading.Thread(
            target=self.loop.run_forever, name="veritune-verifiers", daemon=True
        ).start()
        # Not by atexit: sandboxes close with the help of thread pools, which end before its calls
        # and by this same list, whose last entry is the first to be called.
        threading._register_atexit(self.close)  # type: ignore[attr-defined]

    async def verify_all(self, config: VerifierConfig | Verifier, pairs: Pairs) -> list[Verdict]:
        verifier = await self._verifier(config) if isinstance(config, VerifierConfig) else config
        found = [asyncio.create_task(self._one(verifier, *pair)) for pair in pairs]
        try:
            return await asyncio.gather(*found)
        finally:
            for task in found:
                task.cancel()

    async def _one(self, verifier: Verifier, problem: Problem, candidate: Candidate) -> Verdict:
        self.gauge.in_flight += 1
        try:
            async with self._gate:
                began = time.monotonic()
                verdict = await verifier.verify(problem, candidate)
            self.gauge.seconds += time.monotonic() - began
        finally:
            self.gauge.in_flight -= 1
        self.gauge.verdicts += 1
        if verdict.outcome == "error":
            self.gauge.errors += 1
            if self.gauge.errors == 1:  # Peers leave such a candidate out, and say nothing.
                why = "%s: no reward, and not the candidate's failure: %s; gauge() counts more"
                logging.getLogger("veritune").warning(why, problem.id, verdict.reason)
        return verdict

    async def _verifier(self, config: VerifierConfig) -> Verifier:
        """The process's verifier for a configuration; who comes second waits for it to open."""
        key = config.model_dump_json()
        if key not in self._opened or _failed(self._opened[key]):
            opening = self._stack.enter_async_context(open_verifier(config))
            self._opened[key] = asyncio.create_task(opening)
        # Shielded: a caller that gives up must not call it off for the others.
        return await asyncio.shield(self._opened[key])

    def close(self) -> None:
        """Put away what was opened; a forked child must not, since it is its parent's."""
        if os.getpid() == self._owner:
            asyncio.run_coroutine_threadsafe(self._stack.aclose(), self.loop).result()


def _failed(task: asyncio.Task[Verifier]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


class _OfProcess:
    """This process's `_Background`, made when it is first asked for."""

    def __init__(self) -> None:
        self.forget()
        # A forked child has the parent's variables but not its threads, and a lock that some other
        # thread of the parent held would stay held.
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        self._lock, self._made = threading.Lock(), list[_Background]()

    def get(self) -> _Background:
        with self._lock:
            if not self._made:
                self._made.append(_Background())
            return self._made[0]


_PROCESS = _OfProcess()


def submit(config: VerifierConfig | Verifier, pairs: Pairs) -> Future[list[Verdict]]:
    """Verify all pairs on the background loop; callable from any thread but the loop's own.

    The verdicts come in the order of the pairs. A verifier of your own is used as it is.
    """
    background = _PROCESS.get()
    return asyncio.run_coroutine_threadsafe(background.verify_all(config, pairs), background.loop)


def gauge() -> Gauge:
    """What was verified in this process, how long it took, and what is under way."""
    return _PROCESS.get().gauge
