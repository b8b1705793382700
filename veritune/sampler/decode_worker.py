"""One thread's share of the work: it takes prompts from a common queue and decodes a batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

import torch

from veritune.sampler.batch import DecodeBatch, PromptGroup
from veritune.sampler.codec import SampledSequence
from veritune.sampler.decoder import Decoder

# Prompts are computed when this part of the slots is free, so that several go together.
REFILL_SHARE = 8


class PromptQueue:
    """Groups in order, for several threads to take from."""

    def __init__(self, groups: Iterable[PromptGroup]) -> None:
        self._groups = deque(groups)
        self._lock = threading.Lock()

    def take(self, candidates: int) -> list[PromptGroup]:
        """The next groups, enough for `candidates` if there are as many."""
        taken: list[PromptGroup] = []
        with self._lock:
            while self._groups and candidates > 0:
                taken.append(self._groups.popleft())
                candidates -= len(taken[-1].indices)
        return taken


class DecodeWorker:
    """A decoder and its batch; `work` is called until nothing is left to do."""

    def __init__(
        self, decoder: Decoder, batch: DecodeBatch, waiting: PromptQueue, seed: int, round: int
    ) -> None:
        self._decoder, self._batch, self._waiting = decoder, batch, waiting
        self._seed, self._round = seed, round
        self._begun: deque[PromptGroup] = deque()
        self._exhausted = False

    @property
    def idle(self) -> bool:
        """Whether all is done."""
        return self._exhausted and not self._begun and self._batch.rows == 0

    def work(self) -> list[SampledSequence]:
        """Start what there is room for, and sample one more token for every row."""
        # Never across a yield: inference mode belongs to the thread, and so to its other work.
        with torch.inference_mode():
            finished = self._refill() if self._has_room() else []
            return finished + self._batch.advance() if self._batch.rows else finished

    def _has_room(self) -> bool:
        free = self._batch.slots - self._batch.rows
        enough = max(1, self._batch.slots // REFILL_SHARE)
        return not (self._exhausted and not self._begun) and (
            self._batch.rows == 0 or free >= enough
        )

    def _refill(self) -> list[SampledSequence]:
        free = self._batch.slots - self._batch.rows
        fresh = self._waiting.take(free - sum(len(group.indices) for group in self._begun))
        self._exhausted = not fresh and not self._begun
        if self._exhausted:
            return []
        if fresh:
            # All that are fresh together: prompts of one length go through the model at once.
            logits, stored = self._decoder.prefill([group.prompt for group in fresh])
            for row, group in enumerate(fresh):
                group.logits, group.stored = logits[row], stored[row]
            self._begun += fresh
        finished = self._batch.admit(self._fitting(), self._seed, self._round)
        # Only from the front: groups are started in order, so the first one is done first.
        while self._begun and not self._begun[0].indices:
            self._decoder.forget(self._begun.popleft().stored)
        return finished

    def _fitting(self) -> list[PromptGroup]:
        """The first groups, up to the one that fills the batch."""
        free, fitting = self._batch.slots - self._batch.rows, []
        for group in self._begun:
            if free <= 0:
                break
            fitting.append(group)
            free -= len(group.indices)
        return fitting
