"""A session: a sampler, a verifier and a store of candidates, opened and closed together.

Everything that samples or verifies stands on one: the rounds, the commands, the studies, and
whoever uses veritune from Python.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from veritune.config import ClusterConfig, SamplerConfig, VerifierConfig
from veritune.errors import UnwritableError
from veritune.models import check_saved, model_folder, policy_hash
from veritune.records import Candidate, Checkpoint, Problem, Verdict
from veritune.rounds.progress import Advance
from veritune.rounds.sampling import sample_candidates
from veritune.rounds.stream import PATIENCE, VerificationStream
from veritune.sampler import Sampler, open_sampler
from veritune.store import Store
from veritune.verifiers import Verifier, open_verifier, verify_each

if TYPE_CHECKING:
    from veritune.sampler import LogprobDiff


def unseen(count: int = 1, **figures: float) -> None:
    """An `Advance` that shows nothing."""


class Filled(NamedTuple):
    """What sampling a set gave besides candidates.

    `tokens`: how many were sampled, of samplers that give them; `logprob_diff`: how far the
    sampler's engine was from the trainer's model, None where the model itself samples or nothing
    was sampled.
    """

    tokens: int
    logprob_diff: LogprobDiff | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Made by `open_session`. `at_once` verifications of a set are under way at a time.

    Several sets may be filled at once: one of them is sampled, and the others are verified. A
    verification that takes longer than `patience` seconds is a verifier error.
    """

    store: Store
    sampler: Sampler
    verifier: Verifier
    at_once: int
    patience: float = PATIENCE
    sampling: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sample(
        self,
        name: str,
        problems: Sequence[Problem],
        n: int,
        policy: Checkpoint,
        advance: Advance = unseen,
    ) -> None:
        """Bring the set `name` to `n` candidates of every problem, without verdicts."""
        self.store.add_problems(name, problems)
        await sample_candidates(self.store, name, self.sampler, policy, problems, n, advance)

    async def fill(
        self,
        name: str,
        problems: Sequence[Problem],
        n: int,
        policy: Checkpoint,
        advance: Advance = unseen,
        *,
        round: int = 0,
    ) -> Filled:
        """Bring the set `name` to `n` verified candidates of every problem.

        What is sampled follows from the seed, `round`, the problem and the index; what the set
        holds is neither sampled nor verified again.
        """
        self.store.add_problems(name, problems)
        stream = VerificationStream(
            self.sampler,
            self.verifier,
            self.store,
            at_once=self.at_once,
            patience=self.patience,
            sampling=self.sampling,
        )
        await stream.fill(name, problems, n, policy, advance, round=round)
        return Filled(stream.tokens, stream.logprob_diff)

    async def verify(
        self, pairs: Sequence[tuple[Problem, Candidate]], advance: Advance = unseen
    ) -> list[Verdict]:
        """The verdicts of candidates that are given, in their order; nothing is stored."""
        return await verify_pairs(self.verifier, pairs, advance, at_once=self.at_once)


@asynccontextmanager
async def open_session(
    store: Store | str | Path | None = None,
    *,
    sampler: SamplerConfig | Sampler | None = None,
    verifier: VerifierConfig | Verifier | None = None,
    seed: int = 0,
    dtype: str = "float32",
    problems: Iterable[Problem] = (),
    patience: float = PATIENCE,
    say: Callable[[str], None] = lambda text: None,
    cluster: ClusterConfig | None = None,
) -> AsyncIterator[Session]:
    """Open what sampling and verifying need; nothing is loaded or started before it is used.

    `store` is a store that stays open, a folder, or None for one that is gone at the end. A sampler
    or a verifier of your own is used as it is, and stays open. With `problems`, the sandbox that
    they need starts at once. `say` is told what a judge or rollouts spent. With an address,
    `cluster` says how much of both is on a Ray cluster.
    """
    own = verifier if isinstance(verifier, VerifierConfig) else VerifierConfig()
    at_once = own.at_once

    async with AsyncExitStack() as stack:
        if not isinstance(store, Store):
            store = stack.enter_context(opened_store(store))
        if cluster is not None and cluster.address is not None:
            from veritune.cluster import open_cluster

            actors = stack.enter_context(
                open_cluster(
                    cluster,
                    sampler=sampler if isinstance(sampler, SamplerConfig) else SamplerConfig(),
                    verifier=own,
                    seed=seed,
                    dtype=dtype,
                    problems=tuple(problems),
                    say=say,
                )
            )
            sampler, verifier = actors.sampler or sampler, actors.verifier or verifier
            at_once *= max(1, cluster.verifiers)
        if sampler is None or isinstance(sampler, SamplerConfig):
            opened = open_sampler(sampler or SamplerConfig(), seed=seed, dtype=dtype)
            sampler = stack.enter_context(closing(opened))
        if verifier is None or isinstance(verifier, VerifierConfig):
            verifier = await stack.enter_async_context(open_verifier(verifier, problems, say))
        yield Session(
            store=store,
            sampler=sampler,
            verifier=verifier,
            at_once=at_once,
            patience=patience,
        )


@contextmanager
def opened_store(folder: str | Path | None) -> Iterator[Store]:
    """The store in a folder, which is made where it is not there; None: in a temporary one."""
    if folder is None:
        with TemporaryDirectory(prefix="veritune-") as temporary, Store.open(temporary) as store:
            yield store
        return
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableError(f"{folder}: cannot be made ({error.strerror})") from None
    with Store.open(folder) as store:
        yield store


async def verify_pairs(
    verifier: Verifier,
    pairs: Sequence[tuple[Problem, Candidate]],
    advance: Advance = unseen,
    *,
    at_once: int,
) -> list[Verdict]:
    """The verdicts of all pairs, in their order."""
    found: dict[int, Verdict] = {}

    def take(position: int, verdict: Verdict) -> None:
        found[position] = verdict
        advance(1)

    jobs = ((at, problem, candidate) for at, (problem, candidate) in enumerate(pairs))
    await verify_each(verifier, jobs, take, at_once=at_once)
    return [found[position] for position in range(len(pairs))]


def named_policy(model: str, *, on_server: bool = False) -> Checkpoint:
    """The policy of a folder or hub name; a server may know models that are not here."""
    if on_server and not Path(model).is_dir():
        return Checkpoint(path=model, policy=model)
    folder = model_folder(model)
    check_saved(folder)
    return Checkpoint(path=str(folder), policy=policy_hash(folder))
