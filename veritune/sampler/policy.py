"""A policy ready for decoding in plain torch."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

import torch

from veritune.config import SamplerConfig
from veritune.models import (
    HeldPolicy,
    adapter_base,
    generation_settings,
    load_policy,
    merged,
    model_folder,
    plain,
)
from veritune.records import Checkpoint, Problem
from veritune.sampler.batch import PromptGroup
from veritune.sampler.codec import PromptCodec
from veritune.sampler.decoder import Decoder, GeneralDecoder
from veritune.sampler.paged import PagedDecoder
from veritune.sampler.policy_probe import check_content
from veritune.sampler.uncached import UncachedDecoder, caches_rightly
from veritune.sampler.weight_reloader import WeightReloader
from veritune.sampler.weights import Weights, arrange, is_supported, unmap

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# What keys and values may take together; fewer sequences are decoded at once where more.
CACHE_BYTES = 4 << 30
# Candidates of one prompt that always stay in one thread.
PIECE = 64


class Policy:
    """One policy's model and tokenizer, made ready for `config`.

    `settings` is how the folder that it was read from says that sampling ends; None where it was
    read from memory. What `arrange` supports needs no model beside the arranged weights.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        config: SamplerConfig,
        settings: bytes | None = None,
    ) -> None:
        self.name, self.codec = name, PromptCodec(model, tokenizer, config)
        self.settings, self._batch = settings, config.max_num_seqs
        self._position_bytes = _position_bytes(model)
        self._model: PreTrainedModel | None = None
        self._weights: Weights | None = None
        self._reloader: WeightReloader | None = None
        self._cached = True
        with torch.inference_mode():
            if is_supported(model):
                self._weights = arrange(model)
            else:
                self._model, self._cached = model, caches_rightly(model)

    @classmethod
    def read(
        cls, checkpoint: Checkpoint, config: SamplerConfig, dtype: str, device: str | None
    ) -> Policy:
        """A checkpoint from disk; an adapter is merged into its base."""
        check_content(checkpoint)
        model, tokenizer = load_policy(checkpoint.path, dtype=dtype, device=device)
        model = merged(model).requires_grad_(False)
        settings = generation_settings(checkpoint.path)
        if is_supported(model):
            unmap(model)
        policy = cls(checkpoint.policy, model, tokenizer, config, settings)
        folder = model_folder(checkpoint.path)
        if policy._weights is not None and adapter_base(folder) is None:
            policy._reloader = WeightReloader(model, folder)
        return policy

    @classmethod
    def shared(
        cls, held: HeldPolicy, config: SamplerConfig, before: Policy | None
    ) -> Policy | None:
        """A policy that is in memory already; None where only disk will do.

        The same to the bit as what is read of its checkpoint. `before` was sampled before it.
        """
        model = plain(held.model)
        if not is_supported(model):
            return None
        if before is None or before.codec.tokenizer is not held.tokenizer:
            return cls(held.policy, model, held.tokenizer, config)
        policy = copy(before)
        with torch.inference_mode():
            policy.name, policy._weights = held.policy, arrange(model)
        return policy

    def is_of(self, checkpoint: Checkpoint) -> bool:
        """Whether `checkpoint` would be sampled from in the same way."""
        if self.name != checkpoint.policy or (self._weights is None and self._model is None):
            return False
        return self.settings is None or self.settings == generation_settings(checkpoint.path)

    def rest(self) -> None:
        """Let go of the weights, until `renewed` or `shared` bring those of the next policy."""
        self._weights = self._model = None

    def renewed(self, checkpoint: Checkpoint) -> Policy | None:
        """The same model with the weights of `checkpoint`; None where it must be loaded whole.

        This one's weights are gone then, so that there is never room needed for both.
        """
        self.rest()
        folder = model_folder(checkpoint.path)
        if self._reloader is None or not self._reloader.fits(folder):
            return None
        check_content(checkpoint)
        with torch.inference_mode():
            weights = self._reloader.read_weights(folder)
        if weights is None:
            return None
        # Readers of the old policy keep the old name.
        policy = copy(self)
        policy.name, policy._weights = checkpoint.policy, weights
        return policy

    @property
    def is_arranged(self) -> bool:
        """Whether it has weights of the form that needs no model."""
        return self._weights is not None

    @property
    def threads(self) -> int:
        """How many threads may decode beside each other, each on one core."""
        return 1 if self._weights is None else torch.get_num_threads()

    def decoder(self, slots: int, capacity: int) -> Decoder:
        """A decoder for `slots` sequences of at most `capacity` tokens."""
        if self._weights is not None:
            return PagedDecoder(self._weights, slots, capacity)
        assert self._model is not None
        if self._cached:
            return GeneralDecoder(self._model, slots, capacity)
        return UncachedDecoder(self._model, slots)

    def slots(self, candidates: int, capacity: int) -> int:
        """Sequences to decode at once."""
        room: int = CACHE_BYTES // (self._position_bytes * capacity)
        return max(1, min(self._batch, candidates, room))

    def groups(
        self, problems: Sequence[Problem], indices: Sequence[Sequence[int]]
    ) -> list[PromptGroup]:
        """What is to be sampled, a prompt at a time."""
        groups: list[PromptGroup] = []
        for position, (problem, asked) in enumerate(zip(problems, indices, strict=True)):
            if not asked:
                continue
            prompt = self.codec.encode(problem)
            limit = self.codec.limit(prompt)
            groups += [
                PromptGroup(position, problem.id, prompt, list(asked[start : start + PIECE]), limit)
                for start in range(0, len(asked), PIECE)
            ]
        return groups


def _position_bytes(model: PreTrainedModel) -> int:
    """What one token's keys and values take."""
    shape = model.config.get_text_config()
    width = shape.hidden_size
    if hasattr(shape, "num_attention_heads"):
        heads = getattr(shape, "num_key_value_heads", None) or shape.num_attention_heads
        size = getattr(shape, "head_dim", None) or width // shape.num_attention_heads
        width = heads * size
    return int(2 * shape.num_hidden_layers * width * model.dtype.itemsize)
