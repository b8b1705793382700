"""Candidates go from the sampler to the verifiers to the journal as they finish.

The sampler runs in a thread of its own and waits when the verifiers fall behind, so memory stays
bounded however many candidates there are. Whatever the journal already holds is not drawn again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from threading import Event

from veritune.journal import Journal
from veritune.journal.journal import Split
from veritune.records import Candidate, Checkpoint, Problem, Verdict
from veritune.rounds.watch import Advance
from veritune.sampler import Sampler
from veritune.verifiers import Verifier

CHUNK = 8
QUEUED_CHUNKS = 64
FLUSH = 256

Chunk = list[Candidate] | None
Queue = asyncio.Queue[Chunk]


class Stream:
    """Fills the journal with judged candidates, round by round."""

    def __init__(
        self, sampler: Sampler, verifier: Verifier, journal: Journal, *, at_once: int
    ) -> None:
        self._sampler, self._verifier, self._journal = sampler, verifier, journal
        self._at_once = at_once

    async def fill(
        self,
        round: int,
        split: Split,
        problems: Sequence[Problem],
        n: int,
        policy: Checkpoint,
        advance: Advance,
    ) -> None:
        """Draw and judge candidates 0..n-1 of every problem that the journal lacks."""
        done = self._journal.judged_keys(round, split)
        advance(len(done))
        waiting = self._journal.unjudged(round, split)
        known = done | {(c.problem_id, c.index) for c in waiting}
        lacking = [[i for i in range(n) if (p.id, i) not in known] for p in problems]
        pairs = [(p, i) for p, i in zip(problems, lacking, strict=True) if i]
        if not waiting and not pairs:
            return
        source = self._source(round, waiting, pairs, policy)
        await self._pump(source, {p.id: p for p in problems}, round, advance)

    def _source(
        self,
        round: int,
        waiting: list[Candidate],
        pairs: list[tuple[Problem, list[int]]],
        policy: Checkpoint,
    ) -> Iterator[Candidate]:
        yield from waiting
        if pairs:
            self._sampler.load(policy)
            problems, indices = [p for p, _ in pairs], [i for _, i in pairs]
            yield from self._sampler.sample(problems, indices, round=round)

    async def _pump(
        self,
        source: Iterator[Candidate],
        problems: dict[str, Problem],
        round: int,
        advance: Advance,
    ) -> None:
        queue: Queue = asyncio.Queue(QUEUED_CHUNKS)
        stop = Event()
        put = _putter(queue, asyncio.get_running_loop())
        producer = asyncio.create_task(asyncio.to_thread(_produce, source, put, stop))
        buffer: list[tuple[Candidate, Verdict]] = []
        judges = [
            asyncio.create_task(self._judge(queue, problems, round, buffer, advance))
            for _ in range(self._at_once)
        ]
        try:
            await asyncio.gather(producer, *judges)
        finally:
            stop.set()
            for judge in judges:
                judge.cancel()
            await _drained(queue, producer)
            await asyncio.gather(*judges, return_exceptions=True)
            self._journal.add_judged(round, buffer)

    async def _judge(
        self,
        queue: Queue,
        problems: dict[str, Problem],
        round: int,
        buffer: list[tuple[Candidate, Verdict]],
        advance: Advance,
    ) -> None:
        while (chunk := await queue.get()) is not None:
            for candidate in chunk:
                verdict = await self._verifier.verify(problems[candidate.problem_id], candidate)
                buffer.append((candidate, verdict))
                advance(1)
            if len(buffer) >= FLUSH:
                self._journal.add_judged(round, buffer)
                buffer.clear()
        await queue.put(None)


def _produce(source: Iterator[Candidate], put: Callable[[Chunk], None], stop: Event) -> None:
    while not stop.is_set() and (chunk := list(islice(source, CHUNK))):
        put(chunk)
    put(None)


def _putter(queue: Queue, loop: asyncio.AbstractEventLoop) -> Callable[[Chunk], None]:
    """`put` for the sampler's thread: returns when there was room in the queue."""
    return lambda item: asyncio.run_coroutine_threadsafe(queue.put(item), loop).result()


async def _drained(queue: Queue, producer: asyncio.Task[None]) -> None:
    """Wait for the sampler's thread, making room for what it still puts."""
    while not producer.done():
        while not queue.empty():
            queue.get_nowait()
        await asyncio.wait([producer], timeout=0.02)
    if not producer.cancelled():
        producer.exception()
