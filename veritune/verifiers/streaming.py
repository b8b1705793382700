"""Verdicts on as many candidates as there are, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from veritune.records import Candidate, Problem, Verdict
from veritune.verifiers.protocol import Verifier

# A candidate with its problem and its position.
Job = tuple[int, Problem, Candidate]


async def verify_each(
    verifier: Verifier, jobs: Iterator[Job], take: Callable[[int, Verdict], None], *, at_once: int
) -> None:
    """Give `take` the verdict of every job as it comes; `at_once` are under way at a time.

    The first error, of a verifier, of `jobs` or of `take`, ends all and is raised.
    """

    async def work() -> None:
        for position, problem, candidate in jobs:
            take(position, await verifier.verify(problem, candidate))
            # A verdict may come without a wait; Ctrl-C needs a turn of the loop.
            await asyncio.sleep(0)

    workers = [asyncio.create_task(work()) for _ in range(at_once)]
    try:
        done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        for worker in done:
            worker.result()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
