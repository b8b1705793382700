"""Decoding a Qwen2- or Llama-shaped model on a CPU, as fast as memory lets keys and values by.

Attention of one new token a row is two weighted sums: the row's scores are the sum of its key
matrix's lines weighted by the query, and its output the sum of value lines weighted by the
probabilities. Both are one `embedding_bag` over the pages of all rows, which reads each line
where it lies: no padding, no copies, prompts shared. Every row is summed by itself in a fixed
order, and matrix products get rows in multiples of 16, so that the result for a row is the same,
bit for bit, whatever rows stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from veritune.sampler.decoder import TILE
from veritune.sampler.pages import PAGE, Integers, PageTable
from veritune.sampler.weights import Block, Weights

if TYPE_CHECKING:
    from torch import Tensor

PREFILL_STEP = 8
"""Prompts are padded to multiples of this and computed with others of the same padded length."""
PREFILL_TOKENS = 16384
"""Prompt tokens computed at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one step reads and writes, the same in every block; rows are padded to a tile."""

    keys: Tensor
    values: Tensor
    hidden: Tensor
    turn: Tensor
    page: Tensor
    offset: Tensor


class PagedDecoder:
    """Prompts are computed once, then one token a row a step."""

    def __init__(self, weights: Weights, slots: int, capacity: int) -> None:
        self._weights = weights
        self._table = PageTable(_tile(slots), capacity)
        self._turns = weights.rotations(_tile(capacity))[:, None]
        lines, size = weights.kv_heads, weights.head_size
        self._keys = [_untouched(self._table.size, lines, size, PAGE) for _ in weights.blocks]
        self._values = [_untouched(self._table.size, lines, PAGE, size) for _ in weights.blocks]
        group = weights.heads // weights.kv_heads
        self._head_of = torch.arange(weights.heads, dtype=torch.int32) // group
        self._key_lines: tuple[int, Tensor] = (-1, torch.empty(0))

    def prefill(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, list[Integers]]:
        """Logits [prompts, vocabulary] after each prompt, and the pages that hold each."""
        stored = [self._table.take(-(-len(prompt) // PAGE)) for prompt in prompts]
        logits = self._weights.head.new_empty(len(prompts), len(self._weights.head))
        widths = np.array([-(-len(prompt) // PREFILL_STEP) * PREFILL_STEP for prompt in prompts])
        for width in np.unique(widths).tolist():
            alike = (widths == width).nonzero()[0]
            for start in range(0, len(alike), max(1, PREFILL_TOKENS // width)):
                some = alike[start : start + max(1, PREFILL_TOKENS // width)].tolist()
                logits[some] = self._prefill_alike(
                    [prompts[i] for i in some], [stored[i] for i in some], width
                )
        return logits, stored

    def place(self, rows: Integers, stored: Integers, length: int) -> None:
        """Let each of `rows` continue one prompt of `length` tokens."""
        self._table.share(rows, stored, length)

    def forget(self, stored: Integers) -> None:
        """No further row will continue this prompt."""
        self._table.give_back(stored)

    def move(self, source: Integers, target: Integers) -> None:
        """Put rows in the place of released ones."""
        self._table.move(source, target)

    def release(self, rows: Integers) -> None:
        """Rows have ended."""
        self._table.release(rows)

    def step(self, tokens: Integers, at: Integers) -> Tensor:
        """Logits [rows, vocabulary] after `tokens` [rows], which stand at positions `at` [rows]."""
        rows = len(tokens)
        padding = (0, -rows % TILE)
        reading = self._reading(rows, np.pad(at, padding))
        ids = torch.from_numpy(np.pad(tokens, padding))
        x = F.embedding(ids, self._weights.embedding)
        for number, block in enumerate(self._weights.blocks):
            x = self._step_block(number, block, x, reading)
        return self._logits(x)[:rows]

    def _reading(self, rows: int, at: Integers) -> Reading:
        table, weights = self._table, self._weights
        page, offset = np.zeros_like(at), np.zeros_like(at)
        page[:rows], offset[:rows] = table.append(np.arange(rows), at[:rows])
        version, columns = table.version, table.columns(len(at))
        pages = torch.from_numpy(table.pages[: len(at), :columns].astype(np.int32))
        if self._key_lines[0] != version or len(self._key_lines[1]) != len(at):
            within = self._head_of[:, None, None] * weights.head_size + torch.arange(
                weights.head_size, dtype=torch.int32
            )
            line = pages * (weights.kv_heads * weights.head_size)
            self._key_lines = (version, line[:, None, :, None] + within)
        hidden = torch.from_numpy(table.hidden(len(at), columns))
        line = (pages * (weights.kv_heads * PAGE))[:, :, None] + torch.arange(
            PAGE, dtype=torch.int32
        )
        line = line.flatten(1)[:, None] + (self._head_of * PAGE)[:, None]
        line.masked_fill_(hidden[:, None], 0)
        return Reading(
            keys=self._key_lines[1],
            values=line,
            hidden=torch.zeros(hidden.shape).masked_fill_(hidden, -torch.inf)[:, None],
            turn=self._turns[torch.from_numpy(at)],
            page=torch.from_numpy(page),
            offset=torch.from_numpy(offset),
        )

    def _step_block(self, number: int, block: Block, x: Tensor, reading: Reading) -> Tensor:
        keys, values = self._keys[number], self._values[number]
        query, key, value = self._attention_inputs(block, x, reading.turn)
        keys[reading.page, :, :, reading.offset] = key
        values[reading.page, :, reading.offset] = value
        scores = _weighted_sums(
            keys.view(-1, PAGE), reading.keys, query[:, :, None].expand(reading.keys.shape)
        )
        likely = torch.softmax(scores.view(reading.values.shape) + reading.hidden, -1)
        mixed = _weighted_sums(values.view(-1, values.shape[-1]), reading.values, likely)
        return _after_attention(block, x, mixed.view(len(x), -1), self._weights.epsilon)

    def _prefill_alike(
        self, prompts: list[Sequence[int]], stored: list[Integers], width: int
    ) -> Tensor:
        ids = np.zeros((len(prompts) + len(prompts) % 2, width), np.int64)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = prompt
        x = F.embedding(torch.from_numpy(ids).view(-1), self._weights.embedding)
        turn = self._turns[:width].repeat(len(ids), 1, 1)
        for number, block in enumerate(self._weights.blocks):
            query, key, value = (
                part.view(len(ids), width, *part.shape[1:]).transpose(1, 2)
                for part in self._attention_inputs(block, x, turn)
            )
            mixed = F.scaled_dot_product_attention(
                query, key, value, is_causal=True, scale=1.0, enable_gqa=True
            )
            self._store(number, key, value, stored)
            mixed = mixed.transpose(1, 2).reshape(len(x), -1)
            x = _after_attention(block, x, mixed, self._weights.epsilon)
        last = [row * width + len(prompt) - 1 for row, prompt in enumerate(prompts)]
        return self._logits(x[last + [0] * (-len(last) % TILE)])[: len(prompts)]

    def _store(self, number: int, key: Tensor, value: Tensor, stored: list[Integers]) -> None:
        """Put keys and values [prompts, heads, width, size] into each prompt's pages."""
        columns = -(-key.shape[2] // PAGE)
        padding = (0, 0, 0, columns * PAGE - key.shape[2])
        pages = torch.from_numpy(np.stack(stored))
        for pool, part, turned in (
            (self._keys[number], key, True),
            (self._values[number], value, False),
        ):
            whole = F.pad(part[: len(stored)], padding).unflatten(2, (columns, PAGE))
            whole = whole.transpose(1, 2)
            pool[pages] = whole.mT if turned else whole

    def _attention_inputs(
        self, block: Block, x: Tensor, turn: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys, values [rows, heads, size], turned to their positions."""
        w = self._weights
        joined = F.linear(_normed(x, w.epsilon), *block.qkv)
        turned = (w.heads + w.kv_heads) * w.head_size
        pairs = joined[:, :turned].unflatten(1, (-1, w.head_size // 2, 2))
        query_key = torch.view_as_real(torch.view_as_complex(pairs) * turn).flatten(2)
        value = joined[:, turned:].unflatten(1, (w.kv_heads, w.head_size))
        return query_key[:, : w.heads], query_key[:, w.heads :], value

    def _logits(self, x: Tensor) -> Tensor:
        return F.linear(_normed(x, self._weights.epsilon), self._weights.head)


def _after_attention(block: Block, x: Tensor, mixed: Tensor, epsilon: float) -> Tensor:
    x = x + F.linear(mixed, *block.out)
    gate, up = F.linear(_normed(x, epsilon), *block.gate_up).chunk(2, -1)
    return x + F.linear(F.silu(gate) * up, *block.down)


def _normed(x: Tensor, epsilon: float) -> Tensor:
    """x over its root mean square; the norm's weight is in the matrix that follows."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)


def _weighted_sums(table: Tensor, lines: Tensor, weights: Tensor) -> Tensor:
    """Sums over the last dimension of `lines` [..., n]: of those lines of `table`, weighted."""
    bags = torch.arange(0, lines.numel(), lines.shape[-1], dtype=lines.dtype)
    return torch.embedding_bag(
        table, lines.view(-1), bags, mode=0, per_sample_weights=weights.reshape(-1)
    )[0]


def _untouched(*shape: int) -> Tensor:
    """Zeros that take memory only where they are written."""
    return torch.from_numpy(np.zeros(shape, np.float32))


def _tile(rows: int) -> int:
    return -(-rows // TILE) * TILE
