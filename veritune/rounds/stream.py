"""Candidates go from the sampler to the verifiers to the store as they finish.

The sampler runs in a thread of its own and waits when the verifiers fall behind, so memory stays
bounded however many candidates there are. Every idle verifier takes the next candidate, whichever
it is. Whatever the set already holds is not sampled again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from veritune.records import Candidate, Checkpoint, Problem, Verdict
from veritune.rounds.candidate_queue import CandidateQueue
from veritune.rounds.progress import Advance
from veritune.rounds.sampling import lacking
from veritune.sampler import Sampler
from veritune.store import Store
from veritune.verifiers import Verifier

if TYPE_CHECKING:
    from veritune.sampler import LogprobDiff

# Seconds that one verification may take; a verifier that is stuck must not hold up the round.
PATIENCE = 600.0
# Verified candidates that go to the store at once, and how long fewer may wait: a commit of 1024
# takes a quarter less of each than one of 256.
FLUSH, FLUSH_SECONDS = 1024, 1.0
# How long verifications are waited for that have been called off.
END_SECONDS = 2.0


class VerificationStream:
    """Fills sets of the store with verified candidates."""

    def __init__(
        self,
        sampler: Sampler,
        verifier: Verifier,
        store: Store,
        *,
        at_once: int,
        patience: float = PATIENCE,
        sampling: asyncio.Lock | None = None,
    ) -> None:
        """`sampling` is held while the sampler is used, and not for the verifications after it."""
        self.logprob_diff: LogprobDiff | None = None
        self._sampler, self._verifier, self._store = sampler, verifier, store
        self._at_once, self._patience = at_once, patience
        self._sampling = sampling or asyncio.Lock()
        self.tokens = 0
        """How many tokens were sampled, of samplers that give them."""

    async def fill(
        self,
        name: str,
        problems: Sequence[Problem],
        n: int,
        policy: Checkpoint,
        advance: Advance,
        *,
        round: int = 0,
    ) -> None:
        """Sample and verify candidates 0..n-1 of every problem that the set lacks.

        What the sampler then says of its engine is `logprob_diff`; None where it sampled nothing.
        """
        # A set that a round was resumed with may hold more than it has asked for by now.
        advance(min(self._store.count_verified(name), len(problems) * n))
        # Sampled before a kill, and not yet verified: first, so that no candidate waits forever.
        waiting = self._store.unverified(name)
        known = self._store.indices(name)
        asked = [lacking(n, known.get(p.id, ())) for p in problems]
        pairs = [(p, i) for p, i in zip(problems, asked, strict=True) if i]
        if not waiting and not pairs:
            return
        source = self._source(round, waiting, pairs, policy)
        await self._pump(source, {p.id: p for p in problems}, name, advance)

    def _source(
        self,
        round: int,
        waiting: list[Candidate],
        pairs: list[tuple[Problem, list[int]]],
        policy: Checkpoint,
    ) -> Iterator[Candidate]:
        # The sampler is not even loaded where nothing has to be sampled.
        yield from waiting
        if pairs:
            self._sampler.load(policy)
            problems, indices = [p for p, _ in pairs], [i for _, i in pairs]
            for candidate in self._sampler.sample(problems, indices, round=round):
                self.tokens += len(candidate.token_ids or ())
                yield candidate
            self.logprob_diff = self._sampler.logprob_diff

    async def _pump(
        self,
        source: Iterator[Candidate],
        problems: dict[str, Problem],
        name: str,
        advance: Advance,
    ) -> None:
        buffer = _Buffer(self._store, name)
        await self._sampling.acquire()
        queue = CandidateQueue(source, self._sampler.close, self._sampling.release)
        async with queue.running(), _ending_together() as tasks:
            tasks += [
                asyncio.create_task(self._verify(queue, problems, buffer, advance))
                for _ in range(self._at_once)
            ]
            try:
                # Not `gather`, which cannot be called off before its tasks heed that.
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
            finally:
                buffer.flush()

    async def _verify(
        self, queue: CandidateQueue, problems: dict[str, Problem], buffer: _Buffer, advance: Advance
    ) -> None:
        while (candidate := await queue.next()) is not None:
            buffer.add(candidate, await self._verdict(problems[candidate.problem_id], candidate))
            advance(1)

    async def _verdict(self, problem: Problem, candidate: Candidate) -> Verdict:
        try:
            async with asyncio.timeout(self._patience) as limit:
                return await self._verifier.verify(problem, candidate)
        except TimeoutError:
            if not limit.expired():
                raise
        return Verdict(
            problem_id=problem.id,
            index=candidate.index,
            outcome="error",
            score=None,
            reason=f"the verifier gave no verdict within {self._patience:g} s",
        )


class _Buffer:
    """What was verified since the store was last written."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._rows: list[tuple[Candidate, Verdict]] = []
        self._since = time.monotonic()

    def add(self, candidate: Candidate, verdict: Verdict) -> None:
        self._rows.append((candidate, verdict))
        if len(self._rows) >= FLUSH or time.monotonic() - self._since > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        self._store.add_verified(self._name, self._rows)
        self._rows.clear()
        self._since = time.monotonic()


@asynccontextmanager
async def _ending_together() -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tasks that are called off at the end; one that does not heed that is left behind."""
    tasks: list[asyncio.Task[None]] = []
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            done, _ = await asyncio.wait(tasks, timeout=END_SECONDS)
            for task in done:
                if not task.cancelled():
                    task.exception()  # Or asyncio complains that nobody looked at it.
