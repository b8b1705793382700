"""An event loop in a thread of its own, so that callers that are not async can await verifiers.

Peers call reward functions from plain threads, from executors and from notebooks whose thread
already runs a loop; `asyncio.run` fails in the last. Everything of this wing runs on one loop,
since a sandbox belongs to the loop that opened it.
"""

from __future__ import annotations

import asyncio
import atexit
import os
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from functools import cache
from threading import Thread
from typing import TypeVar

from veritune.config import VerifierConfig
from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers import Verifier, open_verifier

T = TypeVar("T")
# Two a core: verifying waits for processes about half of the time.
AT_ONCE = 2 * (os.cpu_count() or 1)


def start_verifier(
    config: VerifierConfig | None = None, problems: Iterable[Problem] = ()
) -> Verifier:
    """Open a verifier for reward functions; it is closed when the process ends.

    The sandbox starts now where there is code in `problems`, else with the first code problem.
    Raises `SandboxUnavailableError` where code must be verified and no sandbox works.
    """
    stack = AsyncExitStack()
    verifier = run(stack.enter_async_context(open_verifier(config, problems)))
    atexit.register(lambda: run(stack.aclose()))
    return verifier


def verify_all(verifier: Verifier, pairs: Sequence[tuple[Problem, Candidate]]) -> list[Verdict]:
    """The verdicts of all pairs, in their order; as many at once as the machine is good for."""

    async def verify_all_pairs() -> list[Verdict]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(problem: Problem, candidate: Candidate) -> Verdict:
            async with gate:
                return await verifier.verify(problem, candidate)

        return await asyncio.gather(*(one(problem, candidate) for problem, candidate in pairs))

    return run(verify_all_pairs())


def run(work: Coroutine[object, None, T]) -> T:
    """Wait for `work` on the background loop; callable from any thread but the loop's own."""
    return asyncio.run_coroutine_threadsafe(work, _loop(os.getpid())).result()


@cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """This process's loop: a forked child has the parent's variables, but not its threads."""
    # In a thread that never ends: a sandbox belongs to the loop that opened it.
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="veritune-verifiers", daemon=True).start()
    return loop
