"""Candidates for a list of problems, sampled outside of any run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from veritune.records import Candidate, Checkpoint, Problem
from veritune.rounds.candidate_queue import CandidateQueue
from veritune.rounds.progress import Advance
from veritune.sampler import Sampler
from veritune.store import Store

# Candidates of one commit: a kill loses fewer than these.
FLUSH = 256


async def sample_candidates(
    store: Store,
    name: str,
    sampler: Sampler,
    policy: Checkpoint,
    problems: Sequence[Problem],
    n: int,
    advance: Advance,
) -> None:
    """Bring a set to `n` candidates of every problem, without verdicts."""
    known = store.indices(name)
    advance(sum(map(len, known.values())))
    asked = [lacking(n, known.get(p.id, ())) for p in problems]
    if not any(asked):
        return
    queue = CandidateQueue(_source(sampler, policy, problems, asked), sampler.close)
    buffer: list[Candidate] = []
    async with queue.running():
        try:
            while (candidate := await queue.next()) is not None:
                buffer.append(candidate)
                advance(1)
                if len(buffer) >= FLUSH:
                    store.add_candidates(name, buffer)
                    buffer.clear()
        finally:
            store.add_candidates(name, buffer)


def lacking(n: int, known: Iterable[int]) -> list[int]:
    """The indices below `n` that are not there."""
    there = set(known)
    return [i for i in range(n) if i not in there]


def _source(
    sampler: Sampler,
    policy: Checkpoint,
    problems: Sequence[Problem],
    asked: Sequence[Sequence[int]],
) -> Iterator[Candidate]:
    sampler.load(policy)
    yield from sampler.sample(problems, asked, round=0)
