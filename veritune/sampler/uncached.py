"""Decoding for models whose memory is no table of keys and values: everything is read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from veritune.sampler.decoder import GeneralDecoder
from veritune.sampler.pages import Integers

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel


class UncachedDecoder:
    """Any causal model at all: every step reads every sequence from its start."""

    def __init__(self, model: PreTrainedModel, slots: int) -> None:
        self._model = model
        self._sequences: list[list[int]] = [[] for _ in range(slots)]

    def prefill(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, list[list[int]]]:
        """Logits [prompts, vocabulary] after each prompt, and the prompts."""
        return self._read(prompts), [list(prompt) for prompt in prompts]

    def place(self, rows: Integers, stored: list[int], length: int) -> None:
        """Let each of `rows` continue one prompt."""
        for row in rows:
            self._sequences[row] = list(stored)

    def forget(self, stored: list[int]) -> None:
        """No further row will continue this prompt."""

    def release(self, rows: Integers) -> None:
        """Rows have ended."""

    def move(self, source: Integers, target: Integers) -> None:
        """Put rows in the place of released ones."""
        for old, new in zip(source, target, strict=True):
            self._sequences[new] = self._sequences[old]

    def step(self, tokens: Integers, at: Integers) -> Tensor:
        """Logits [rows, vocabulary] after `tokens` [rows]."""
        for sequence, token in zip(self._sequences, tokens.tolist(), strict=False):
            sequence.append(token)
        return self._read(self._sequences[: len(tokens)])

    def _read(self, sequences: Sequence[Sequence[int]]) -> Tensor:
        """Sequences of one length at a time, since not every model can be told of padding."""
        logits: list[Tensor] = [torch.empty(0)] * len(sequences)
        lengths = np.array([len(sequence) for sequence in sequences])
        for length in np.unique(lengths):
            alike = (lengths == length).nonzero()[0]
            ids = torch.tensor([sequences[i] for i in alike], device=self._model.device)
            out = self._model(ids, use_cache=False).logits[:, -1]
            for row, i in enumerate(alike):
                logits[i] = out[row]
        return torch.stack(logits)


def caches_rightly(model: PreTrainedModel) -> bool:
    """Whether `GeneralDecoder` gives the same as reading whole sequences, on a small probe."""
    # Of two lengths, so that padding and positions are in the test, and low ids, which every model
    # has.
    prompts = [[2, 3, 4, 5, 6], [7, 8]]
    rows, tokens = np.arange(2), np.array([3, 9])
    expected = UncachedDecoder(model, 2)
    expected.prefill(prompts)
    for row, prompt in zip(rows, prompts, strict=True):
        expected.place(rows[[row]], prompt, len(prompt))
    try:
        cached = GeneralDecoder(model, 2, 16)
        _, stored = cached.prefill(prompts)
        for row, prompt in zip(rows, prompts, strict=True):
            cached.place(rows[[row]], stored[row], len(prompt))
        found = cached.step(tokens, np.array([5, 2])).float()
    except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return False
    wanted = expected.step(tokens, np.array([5, 2])).float()
    # Far above what rounding makes, far below what a forgotten state does.
    tolerance = 1e-3 if model.dtype == torch.float32 else 0.1
    return bool((found - wanted).abs().max() <= tolerance * wanted.abs().max().clamp(min=1))
