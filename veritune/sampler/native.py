"""Sampling in plain torch: the sampler that needs nothing but the model.

Each prompt is computed once for all its candidates; sequences that end leave the batch at once,
and others take their place from the queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from veritune.config import SamplerConfig
from veritune.errors import ModelError, VerituneError
from veritune.models import encode_prompt, eos_ids, load_policy
from veritune.records import Candidate, Checkpoint, Problem
from veritune.sampler.draws import uniforms

if TYPE_CHECKING:
    from torch import Tensor

    from veritune.sampler.batch import Batch, Drawn
    from veritune.sampler.decoder import Decoder, Stored
    from veritune.sampler.endings import Endings

WINDOW = 1024
"""Prompts encoded ahead and sorted by length, so that equal ones are computed together."""
REFILL_SHARE = 8
"""Prompts are computed when this part of the slots is free, so that several go together."""


@dataclass(slots=True)
class Group:
    """A problem's candidates that are still to be started."""

    position: int
    prompt: list[int]
    indices: list[int]
    logits: Tensor | None = None
    stored: Stored | None = None


class NativeSampler:
    """Draws candidates with plain torch from a causal model that transformers loads.

    What is drawn follows from (seed, round, problem id, index) alone. `Candidate.logprobs` are
    the model's own: before temperature and filters, as vLLM reports them.
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
        self._dtype, self._device = dtype, device
        self._model: Any = None
        self._tokenizer: Any = None
        self._policy = ""
        self._endings: Endings | None = None

    def load(self, checkpoint: Checkpoint) -> None:
        """Read the weights of `checkpoint` from disk; an adapter is merged into its base."""
        from veritune.sampler.endings import Endings

        self.close()
        model, self._tokenizer = load_policy(
            checkpoint.path, dtype=self._dtype, device=self._device
        )
        if hasattr(model, "merge_and_unload"):
            model = model.merge_and_unload()
        self._model, self._policy = model.requires_grad_(False), checkpoint.policy
        self._endings = Endings(
            self._tokenizer,
            model.get_output_embeddings().weight.shape[0],
            eos_ids(model, self._tokenizer),
            self.config.stop,
        )

    def sample(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], *, round: int
    ) -> Iterator[Candidate]:
        """Yield candidates as they finish: for `problems[i]`, those of `indices[i]`."""
        if self._model is None or self._endings is None:
            raise VerituneError("the sampler has no policy yet; load a checkpoint first")
        for start in range(0, len(problems), WINDOW):
            window = problems[start : start + WINDOW]
            yield from self._sample_window(window, indices[start : start + WINDOW], round)

    def close(self) -> None:
        """Free the model."""
        self._model = self._tokenizer = self._endings = None

    def _sample_window(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]], round: int
    ) -> Iterator[Candidate]:
        import torch

        groups = [
            Group(position, self._encode(problem), list(asked))
            for position, (problem, asked) in enumerate(zip(problems, indices, strict=True))
            if asked
        ]
        if not groups:
            return
        waiting = deque(sorted(groups, key=lambda group: len(group.prompt)))
        batch, decoder = self._start(groups)
        while waiting or batch.rows:
            # Never across a yield: inference mode belongs to the thread, and so to the caller too.
            with torch.inference_mode():
                finished: list[Drawn] = []
                free = batch.slots - batch.rows
                if waiting and (batch.rows == 0 or free >= max(1, batch.slots // REFILL_SHARE)):
                    finished += self._refill(batch, decoder, waiting, problems, round)
                if batch.rows:
                    finished += batch.advance()
            yield from self._candidates(finished, problems, round)

    def _encode(self, problem: Problem) -> list[int]:
        ids = encode_prompt(self._tokenizer, problem.prompt)
        if len(ids) >= self._longest:
            raise ModelError(
                f"problem {problem.id}: its prompt is {len(ids)} tokens and the model reads at "
                f"most {self._longest}; shorten it or drop the problem"
            )
        return ids

    @property
    def _longest(self) -> int:
        return int(getattr(self._model.config, "max_position_embeddings", None) or 1 << 20)

    def _limit(self, prompt: list[int]) -> int:
        return min(self.config.max_tokens, self._longest - len(prompt))

    def _start(self, groups: list[Group]) -> tuple[Batch, Decoder]:
        from veritune.sampler.batch import Batch
        from veritune.sampler.decoder import Decoder

        assert self._endings is not None
        slots = min(self.config.batch, sum(len(group.indices) for group in groups))
        capacity = max(len(group.prompt) + self._limit(group.prompt) for group in groups)
        decoder = Decoder(self._model, slots, capacity)
        width = max(self._limit(group.prompt) for group in groups)
        return Batch(decoder, self._endings, self.config, slots, width), decoder

    def _refill(
        self,
        batch: Batch,
        decoder: Decoder,
        waiting: deque[Group],
        problems: Sequence[Problem],
        round: int,
    ) -> list[Drawn]:
        """Start as many waiting candidates as there are free slots."""
        free = batch.slots - batch.rows
        taken: list[tuple[Group, list[int]]] = []
        while waiting and free:
            group = waiting[0]
            now, group.indices = group.indices[:free], group.indices[free:]
            free -= len(now)
            taken.append((group, now))
            if not group.indices:
                waiting.popleft()
        self._prefill(decoder, [group for group, _ in taken if group.stored is None])
        finished: list[Drawn] = []
        for group, now in taken:
            assert group.logits is not None and group.stored is not None
            limit = self._limit(group.prompt)
            name = problems[group.position].id
            finished += batch.admit(
                [(group.position, index) for index in now],
                np.stack([uniforms(self.seed, round, name, index, limit) for index in now]),
                len(group.prompt),
                group.logits,
                group.stored,
                limit,
            )
        return finished

    def _prefill(self, decoder: Decoder, groups: list[Group]) -> None:
        for _, alike in groupby(groups, key=lambda group: len(group.prompt)):
            together = list(alike)
            logits, stored = decoder.prefill([group.prompt for group in together])
            for row, group in enumerate(together):
                group.logits, group.stored = logits[row], stored[row]

    def _candidates(
        self, finished: list[Drawn], problems: Sequence[Problem], round: int
    ) -> Iterator[Candidate]:
        assert self._endings is not None
        if not finished:
            return
        texts = self._endings.texts([drawn.ids for drawn in finished])
        for drawn, text in zip(finished, texts, strict=True):
            position, index = drawn.owner
            yield Candidate(
                problem_id=problems[position].id,
                index=index,
                text=text,
                finish_reason=drawn.finish_reason,
                token_ids=drawn.ids,
                logprobs=drawn.logprobs,
                policy=self._policy,
                round=round,
            )
