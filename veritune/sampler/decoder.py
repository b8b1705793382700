"""One step at a time through any causal model that transformers loads."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from transformers import DynamicCache

from veritune.sampler.pages import Integers
from veritune.sampler.slots import Slots

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel
    from transformers.cache_utils import CacheLayerMixin, DummyLayer, LinearAttentionCacheLayerMixin

# Keys are read up to a multiple of this.
LENGTH_STEP = 32
# Matrix products get rows in multiples of this: fewer take another path, and round otherwise.
TILE = 16
Stored = list[tuple["Tensor", "Tensor"]]


class Decoder(Protocol):
    """A policy, the sequences it is continuing in rows 0, 1, ..., and what it keeps of them.

    What `prefill` gives back for a prompt is the decoder's own; `place` lets rows continue it.
    """

    def prefill(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, list[Any]]:
        """Logits [prompts, vocabulary] after each prompt, and what is kept of each."""
        ...

    def place(self, rows: Integers, stored: Any, length: int) -> None:
        """Let each of `rows` continue one prompt of `length` tokens."""
        ...

    def forget(self, stored: Any) -> None:
        """No further row will continue this prompt."""
        ...

    def release(self, rows: Integers) -> None:
        """These rows have ended."""
        ...

    def move(self, source: Integers, target: Integers) -> None:
        """Put rows in the place of released ones."""
        ...

    def step(self, tokens: Integers, at: Integers) -> Tensor:
        """Logits [rows, vocabulary] after `tokens` [rows], which stand at positions `at` [rows]."""
        ...


class GeneralDecoder:
    """Any causal model of transformers, its keys and values in a slot a row."""

    def __init__(self, model: PreTrainedModel, slots: int, capacity: int) -> None:
        self._model = model
        # transformers renamed it in 5.24, and takes the old name until 5.40.
        named = "cache" in signature(model.forward).parameters
        self._cache_name = "cache" if named else "past_key_values"
        self._capacity = -(-capacity // LENGTH_STEP) * LENGTH_STEP
        layers = model.config.get_text_config().num_hidden_layers
        self._slots = Slots(layers, -(-slots // TILE) * TILE, self._capacity)

    def prefill(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, list[Stored]]:
        """Logits [prompts, vocabulary] after each prompt, and each prompt's keys and values."""
        logits: list[Tensor] = [torch.empty(0)] * len(prompts)
        stored: list[Stored] = [[] for _ in prompts]
        lengths = np.array([len(prompt) for prompt in prompts])
        for length in np.unique(lengths):
            alike = (lengths == length).nonzero()[0]
            fill = [alike[0]] * (-(-4 * TILE // length) - len(alike))
            ids = torch.tensor([prompts[i] for i in [*alike, *fill]], device=self._model.device)
            cache = DynamicCache()  # Without the config, which would drop keys out of a window.
            keeping = {self._cache_name: cache, "use_cache": True}
            out = self._model(ids, logits_to_keep=1, **keeping).logits
            for row, i in enumerate(alike):
                logits[i] = out[row, -1]
                stored[i] = [_stored(layer, row) for layer in cache.layers]
        return torch.stack(logits), stored

    def place(self, rows: Integers, stored: Stored, length: int) -> None:
        """Give each of `rows` a copy of one prompt's keys and values."""
        self._slots.fill(self._on_device(rows), stored)

    def forget(self, stored: Stored) -> None:
        """No further row will continue this prompt."""

    def move(self, source: Integers, target: Integers) -> None:
        """Put rows in the place of released ones."""
        self._slots.move(self._on_device(source), self._on_device(target))

    def release(self, rows: Integers) -> None:
        """Rows have ended; their slots are overwritten later."""

    def step(self, tokens: Integers, at: Integers) -> Tensor:
        """Logits [rows, vocabulary] after `tokens` [rows], which stand at positions `at` [rows]."""
        rows, padding = len(tokens), (0, -len(tokens) % TILE)
        length = min(-(-(int(at.max()) + 1) // LENGTH_STEP) * LENGTH_STEP, self._capacity)
        ids = self._on_device(np.pad(tokens, padding))
        places = self._on_device(np.pad(at, padding))
        self._slots.point(places, length)
        logits: Tensor = self._model(
            ids[:, None],
            position_ids=places[:, None],
            attention_mask=self._mask(places, length),
            use_cache=True,
            **{self._cache_name: self._slots},
        ).logits
        return logits[:rows, -1]

    def _mask(self, at: Tensor, length: int) -> Tensor | dict[str, Tensor]:
        """What each row's newest token sees, for each type of layer that the model has."""
        shape = self._model.config.get_text_config()
        place = torch.arange(length, device=at.device)
        # By position: every slot may hold more than its row has written.
        seen = place <= at[:, None]
        window = getattr(shape, "sliding_window", None)
        near = seen & (place > at[:, None] - window) if window else seen
        if "sliding_attention" in (getattr(shape, "layer_types", None) or ()):
            masks = {"full_attention": seen, "sliding_attention": near}
            return {name: self._additive(mask) for name, mask in masks.items()}
        return self._additive(near)

    def _additive(self, seen: Tensor) -> Tensor:
        mask = torch.zeros(seen.shape, dtype=self._model.dtype, device=seen.device)
        return mask.masked_fill_(~seen, torch.finfo(mask.dtype).min)[:, None, None]

    def _on_device(self, numbers: Integers) -> Tensor:
        return torch.from_numpy(numbers).to(self._model.device)


def _stored(
    layer: CacheLayerMixin | LinearAttentionCacheLayerMixin | DummyLayer, row: int
) -> tuple[Tensor, Tensor]:
    """Keys and values of one prompt in one block: [heads, length, head size] each."""
    keys: Tensor | None = getattr(layer, "keys", None)
    values: Tensor | None = getattr(layer, "values", None)
    if keys is None or values is None:
        raise RuntimeError("a block of the model keeps no keys and values of its prompt")
    return keys[row], values[row]
