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
    from veritune.models import HeldPolicy
    from veritune.sampler.batch import PromptGroup
    from veritune.sampler.decode_worker import DecodeWorker
    from veritune.sampler.policy import Policy
    from veritune.sampler.policy_probe import LogprobDiff


# Fewer rows than this are not worth a worker of their own: several cores share one worker.
WORKER_ROWS = 48


class NativeSampler:
    """Samples candidates with plain torch from a causal model that transformers loads.

    What is sampled follows from (seed, round, problem id, index) alone. `Candidate.logprobs` are
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
        self.logprob_diff: LogprobDiff | None = None
        self._dtype, self._device = dtype, device
        self._policy: Policy | None = None
        self._held: HeldPolicy | None = None
        self._closed = Event()

    def load(self, checkpoint: Checkpoint) -> None:
        """Have the weights of `checkpoint`: those that are shared, else those on disk.

        An adapter is merged into its base.
        """
        from veritune.sampler.policy import Policy
        from veritune.sampler.policy_probe import check_content

        held = self._held if self._held and self._held.policy == checkpoint.policy else None
        before = self._policy
        if before is not None and before.is_of(checkpoint):
            if held is None:
                check_content(checkpoint)
            self._closed = Event()
            return
        self._closed.set()
        self._policy, self._closed = None, Event()
        # So that weights of two policies are never in memory.
        if before is not None:
            before.rest()
        made = Policy.shared(held, self.config, before) if held else None
        made = made or (before.renewed(checkpoint) if before else None)
        del before
        self._policy = made or Policy.read(checkpoint, self.config, self._dtype, self._device)

    @property
    def can_share(self) -> bool:
        """Whether the next policy will be taken from memory where it is of the present one's
        kind."""
        return self._is_plain and self._policy is not None and self._policy.is_arranged

    @property
    def _is_plain(self) -> bool:
        """Whether weights are used as a trainer on this machine's processors has them."""
        return self._dtype == "float32" and self._device in (None, "cpu")

    def share(self, held: HeldPolicy | None) -> None:
        """Let `load` take this policy's weights from memory; they stay as they are until `rest`."""
        self._held = held if self._is_plain else None

    def rest(self) -> None:
        """Give the memory of weights back until the next `load`; what was shared may change."""
        from veritune.models import give_memory_back

        self._held = None
        if self._policy is not None:
            # A whole model goes in cycles; arranged weights do not.
            cycles = not self._policy.is_arranged
            self._policy.rest()
            give_memory_back(cycles=cycles)

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`.

        Raises `ModelError` for a prompt that the model cannot read, before anything is sampled.
        """
        from veritune.sampler.threads import run_workers

        policy = self._policy
        if policy is None:
            raise VerituneError("the sampler has no policy yet; load a checkpoint first")
        groups = policy.groups(problems, indices)
        for finished in run_workers(self._workers(policy, groups, round), self._closed):
            yield from policy.codec.candidates(finished, problems, policy.name, round)

    def close(self) -> None:
        """Free the model; from another thread: also end what is being sampled, at its next
        token."""
        self._closed.set()
        self._policy = self._held = None

    def _workers(self, policy: Policy, groups: list[PromptGroup], round: int) -> list[DecodeWorker]:
        from veritune.sampler.batch import DecodeBatch
        from veritune.sampler.decode_worker import DecodeWorker, PromptQueue

        if not groups:
            return []
        candidates = sum(len(group.indices) for group in groups)
        capacity = max(len(group.prompt) + group.limit for group in groups)
        width = max(group.limit for group in groups)
        slots = policy.slots(candidates, capacity)
        # Workers share the slots evenly: whoever is alone at the end decodes on one core.
        count = max(1, min(policy.threads, slots // WORKER_ROWS))
        waiting = PromptQueue(groups)
        workers = []
        for share in (slots // count + (i < slots % count) for i in range(count)):
            decoder = policy.decoder(share, capacity)
            batch = DecodeBatch(decoder, policy.codec.endings, self.config, share, width)
            workers.append(DecodeWorker(decoder, batch, waiting, self.seed, round))
        return workers
