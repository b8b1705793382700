"""What follows from each policy, begun as soon as it is there: its evaluation, and new batches.

With `rounds.overlap = k` round K is sampled from the policy after round K - 1 - k, always from that
one: what is sampled does not depend on what was faster. So the rounds in training and in sampling
are at most k apart (bounded staleness), and a killed run that is resumed samples the same.

    round 3 of k = 1      train 3 from policy 2   |  evaluate policy 2, sample 4 from policy 2

Several sets may be filled at a time: the next one is sampled while the last candidates of another
are verified. With k = 0 all of it comes one after another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Self, TypeVar

from veritune.records import Checkpoint
from veritune.rounds.run import Earlier, Run
from veritune.trainer import Example

T = TypeVar("T")
Batch = Sequence[Example]
Gather = Callable[[Run, int, Checkpoint, Earlier], Coroutine[object, object, Batch]]
Evaluate = Callable[[Run, int, Checkpoint], Coroutine[object, object, None]]


class Ahead:
    """Batches of rounds after `done`, and evaluations, each in a task of its own."""

    def __init__(self, run: Run, done: int, gather: Gather, evaluate: Evaluate) -> None:
        self._run, self._rounds, self._done = run, run.recipe.rounds, done
        self._gather, self._evaluate = gather, evaluate
        self._evaluations: dict[int, asyncio.Task[None]] = {}
        self._batches: dict[int, asyncio.Task[Batch]] = {}
        self._last_batch: asyncio.Task[Batch] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._evaluations.values(), *self._batches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, made: int, policy: Checkpoint) -> None:
        """The policy after round `made` is there: measure it, and sample from it."""
        # In order, since a run is finished when its last round is measured.
        before = [self._evaluations[made - 1]] if made - 1 in self._evaluations else []
        work = partial(self._evaluate, self._run, made, policy)
        evaluated = self._evaluations[made] = asyncio.create_task(_after(before, work))
        for round in range(self._done + 1, self._rounds.count + 1):
            if self._rounds.sampled_after(round) == made:
                earlier = partial(_done, self._last_batch)
                gather = partial(self._gather, self._run, round, policy, earlier)
                turn = [] if self._rounds.overlap else [evaluated]
                self._last_batch = asyncio.create_task(_after(turn, gather))
                self._batches[round] = self._last_batch

    async def batch(self, round: int) -> Batch:
        """What to train on; the policy that sampled it is measured then, and needed no more."""
        await self._evaluations[self._rounds.sampled_after(round)]
        batch = await self._batches[round]
        del self._batches[round]
        return batch

    async def finish(self) -> None:
        """Wait for what is still being measured."""
        for task in self._evaluations.values():
            await task


async def _after(
    before: Sequence[asyncio.Task[None]], work: Callable[[], Coroutine[object, object, T]]
) -> T:
    for each in before:
        await each
    return await work()


async def _done(task: asyncio.Task[Batch] | None) -> None:
    if task is not None:
        await task
