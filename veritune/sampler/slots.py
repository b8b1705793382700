"""A key-value cache with a slot a sequence, for any transformers model.

Position p of a sequence always lies at index p of its slot, whatever its neighbours do. Active
sequences fill slots 0..rows-1 without holes, so that a step reads plain views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

if TYPE_CHECKING:
    from torch import Tensor


class SlotLayer(CacheLayerMixin):
    """Keys and values of one block: [slots, heads, capacity, head size] each."""

    keys: Tensor
    values: Tensor

    def __init__(self, slots: int, capacity: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.slots, self.capacity = slots, capacity
        # Set by `point` before every step.
        self.at = self.rows = torch.empty(0, dtype=torch.long)
        self.length = 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Allocate for the shapes that the model turns out to have."""
        self.keys, self.values = self._empty(key_states), self._empty(value_states)
        self.is_initialized = True

    def _empty(self, like: Tensor) -> Tensor:
        return like.new_zeros(self.slots, like.shape[1], self.capacity, like.shape[3])

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Store one new token a row at its own position; give back all that are stored."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        rows = len(self.rows)
        self.keys[self.rows, :, self.at] = key_states[:, :, 0]
        self.values[self.rows, :, self.at] = value_states[:, :, 0]
        return self.keys[:rows, :, : self.length], self.values[:rows, :, : self.length]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """(length, offset) of the keys that a mask must cover."""
        return self.length, 0

    def get_seq_length(self) -> int:
        """Stored positions of the longest row."""
        return self.length

    def get_max_length(self) -> int:
        """Capacity of a slot."""
        return self.capacity

    # Its name in the first releases of transformers 5.
    get_max_cache_shape = get_max_length


class Slots(Cache):
    """All layers of the cache, and the moves that keep active slots without holes."""

    def __init__(self, layers: int, slots: int, capacity: int) -> None:
        self.blocks = [SlotLayer(slots, capacity) for _ in range(layers)]
        super().__init__(layers=list(self.blocks))

    def point(self, at: Tensor, length: int) -> None:
        """Let the next forward write row i at position `at[i]` and read `length` positions."""
        rows = torch.arange(len(at), device=at.device)
        for layer in self.blocks:
            layer.at, layer.rows, layer.length = at, rows, length

    def fill(self, slots: Tensor, stored: list[tuple[Tensor, Tensor]]) -> None:
        """Copy one prompt's keys and values [heads, length, head size] into several slots."""
        for layer, (keys, values) in zip(self.blocks, stored, strict=True):
            if not layer.is_initialized:
                layer.lazy_initialization(keys[None], values[None])
            layer.keys[slots, :, : keys.shape[1]] = keys
            layer.values[slots, :, : values.shape[1]] = values

    def move(self, source: Tensor, target: Tensor) -> None:
        """Copy whole slots."""
        for layer in self.blocks:
            if layer.is_initialized:
                layer.keys[target] = layer.keys[source]
                layer.values[target] = layer.values[source]
