"""One step at a time through any causal model that transformers loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache

from veritune.sampler.slots import Slots

if TYPE_CHECKING:
    from torch import Tensor

LENGTH_STEP = 32
Stored = list[tuple["Tensor", "Tensor"]]


class Decoder:
    """A model and its slots: prompts are computed once, then one token a row a step."""

    def __init__(self, model: Any, slots: int, capacity: int) -> None:
        self._model = model
        self._device = model.device
        self._capacity = -(-capacity // LENGTH_STEP) * LENGTH_STEP
        self._slots = Slots(model.config.num_hidden_layers, slots, self._capacity)

    def prefill(self, prompts: list[list[int]]) -> tuple[Tensor, list[Stored]]:
        """Logits [prompts, vocabulary] after each prompt, and each prompt's keys and values.

        The prompts must be of one length.
        """
        cache = DynamicCache(config=self._model.config)
        ids = torch.tensor(prompts, device=self._device)
        logits = self._model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        stored = [
            [(layer.keys[row], layer.values[row]) for layer in cache.layers]
            for row in range(len(prompts))
        ]
        return logits[:, -1], stored

    def place(self, rows: Tensor, stored: Stored) -> None:
        """Give each of `rows` a copy of one prompt's keys and values."""
        self._slots.fill(rows, stored)

    def move(self, source: Tensor, target: Tensor) -> None:
        """Copy rows onto others."""
        self._slots.move(source, target)

    def step(self, tokens: Tensor, at: Tensor) -> Tensor:
        """Logits [rows, vocabulary] after `tokens` [rows], which stand at positions `at` [rows]."""
        length = min(-(-(int(at.max()) + 1) // LENGTH_STEP) * LENGTH_STEP, self._capacity)
        self._slots.point(at, length)
        seen = torch.arange(length, device=self._device) <= at[:, None]
        mask = torch.zeros(seen.shape, dtype=self._model.dtype, device=self._device)
        mask.masked_fill_(~seen, torch.finfo(mask.dtype).min)
        return self._model(
            tokens[:, None],
            position_ids=at[:, None],
            attention_mask=mask[:, None, None],
            past_key_values=self._slots,
            use_cache=True,
        ).logits[:, -1]
