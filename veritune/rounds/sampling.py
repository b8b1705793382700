"""Candidates for a list of problems, sampled outside of any run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from veritune.journal import Journal
from veritune.models import model_folder, policy_hash
from veritune.records import Candidate, Checkpoint, Problem
from veritune.rounds.candidate_queue import CandidateQueue
from veritune.rounds.progress import Advance
from veritune.rounds.stream import FLUSH, VerificationStream
from veritune.sampler import Sampler
from veritune.verifiers import Verifier

ROUND = 0


async def sample_candidates(
    journal: Journal,
    sampler: Sampler,
    policy: Checkpoint,
    problems: Sequence[Problem],
    n: int,
    advance: Advance,
) -> None:
    """Bring the journal to `n` candidates of every problem, without verdicts."""
    known = journal.keys(ROUND)
    advance(len(known))
    asked = [[i for i in range(n) if (p.id, i) not in known] for p in problems]
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
                    journal.add_candidates(ROUND, buffer)
                    buffer.clear()
        finally:
            journal.add_candidates(ROUND, buffer)


async def sample_and_verify(
    journal: Journal,
    sampler: Sampler,
    verifier: Verifier,
    policy: Checkpoint,
    problems: Sequence[Problem],
    n: int,
    advance: Advance,
    *,
    at_once: int,
) -> None:
    """Bring the journal to `n` verified candidates of every problem, verifying while sampling."""
    stream = VerificationStream(sampler, verifier, journal, at_once=at_once)
    await stream.fill(ROUND, "train", problems, n, policy, advance)


def named_policy(model: str, *, on_server: bool) -> Checkpoint:
    """The policy of a folder or hub name; a server may know models that are not here."""
    if on_server and not Path(model).is_dir():
        return Checkpoint(path=model, policy=model)
    folder = model_folder(model)
    return Checkpoint(path=str(folder), policy=policy_hash(folder))


def _source(
    sampler: Sampler,
    policy: Checkpoint,
    problems: Sequence[Problem],
    asked: Sequence[Sequence[int]],
) -> Iterator[Candidate]:
    sampler.load(policy)
    yield from sampler.sample(problems, asked, round=ROUND)
