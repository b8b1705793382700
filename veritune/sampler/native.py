"""Sampling in plain torch: the sampler that needs nothing but the model.

Each prompt is computed once for all its candidates; sequences that end leave the batch at once,
and others take their place from the queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING

from veritune.config import SamplerConfig
from veritune.errors import VerituneError
from veritune.records import Candidate, Checkpoint, Problem

if TYPE_CHECKING:
    from veritune.sampler.batch import Group
    from veritune.sampler.identity import Gap
    from veritune.sampler.lane import Lane
    from veritune.sampler.policy import Policy


LANE_ROWS = 48
"""Fewer rows than this are not worth a lane of their own: several cores work on one lane's."""


class NativeSampler:
    """Draws candidates with plain torch from a causal model that transformers loads.

    What is drawn follows from (seed, round, problem id, index) alone. `Candidate.logprobs` are
    the model's own: before temperature and filters, as vLLM reports them. `Candidate.token_ids`
    stand as they were sampled, with the end token.
    """

    def __init__(
        self,
        config: SamplerConfig,
        *,
        seed: int,
        dtype: str = "float32",
        device: str | None = None,
    ) -> None:
        self.config, self.seed = config, seed
        self.gap: Gap | None = None
        self._dtype, self._device = dtype, device
        self._policy: Policy | None = None
        self._closed = Event()

    def load(self, checkpoint: Checkpoint) -> None:
        """Read the weights of `checkpoint` from disk; an adapter is merged into its base."""
        from veritune.sampler.policy import Policy

        before = self._policy
        self.close()
        self._closed = Event()
        renewed = before.renewed(checkpoint) if before else None
        del before
        self._policy = renewed or Policy(checkpoint, self.config, self._dtype, self._device)

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`.

        Raises `ModelError` for a prompt that the model cannot read, before anything is drawn.
        """
        from veritune.sampler.threads import run_lanes

        policy = self._policy
        if policy is None:
            raise VerituneError("the sampler has no policy yet; load a checkpoint first")
        groups = policy.groups(problems, indices)
        for finished in run_lanes(self._lanes(policy, groups, round), self._closed):
            yield from policy.codec.candidates(finished, problems, policy.name, round)

    def close(self) -> None:
        """Free the model; from another thread: also end what is being drawn, at its next token."""
        self._closed.set()
        self._policy = None

    def _lanes(self, policy: Policy, groups: list[Group], round: int) -> list[Lane]:
        from veritune.sampler.batch import Batch
        from veritune.sampler.lane import Lane, Waiting

        if not groups:
            return []
        candidates = sum(len(group.indices) for group in groups)
        capacity = max(len(group.prompt) + group.limit for group in groups)
        width = max(group.limit for group in groups)
        slots = policy.slots(candidates, capacity)
        count = max(1, min(policy.threads, slots // LANE_ROWS))
        waiting = Waiting(groups)
        lanes = []
        for share in (slots // count + (i < slots % count) for i in range(count)):
            decoder = policy.decoder(share, capacity)
            batch = Batch(decoder, policy.codec.endings, self.config, share, width)
            lanes.append(Lane(decoder, batch, waiting, self.seed, round))
        return lanes
