"""Decoding a Qwen2- or Llama-shaped model on a CPU, as fast as memory lets keys and values by.

Attention of one new token a row is two weighted sums: the row's scores are the sum of its key
matrix's lines weighted by the query, and its output the sum of value lines weighted by the
probabilities. Both are one `embedding_bag` over the pages of all rows, which reads each line
where it lies: no padding, no copies, prompts shared. Every row is summed by itself in a fixed
order, and matrix products get rows by `Weights.tiled`, so that the result for a row is
the same, bit for bit, whatever rows stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from veritune.sampler.pages import PAGE, Integers, PageTable
from veritune.sampler.weights import TransformerBlock, Weights

if TYPE_CHECKING:
    from torch import Tensor

Integers32 = npt.NDArray[np.int32]
# Prompts are padded to multiples of this and computed with others of the same padded length.
PREFILL_STEP = 8
# Prompt tokens computed at once.
PREFILL_TOKENS = 16384


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a table to be summed up: `bags` tells where each sum's lines begin in `flat`."""

    flat: Tensor
    bags: Tensor

    @classmethod
    def of(cls, lines: Integers32) -> Lines:
        """Sums over the last dimension of `lines`, whose memory is shared."""
        bags = np.arange(0, lines.size, lines.shape[-1], dtype=np.int32)
        return cls(torch.from_numpy(lines).view(-1), torch.from_numpy(bags))

    def sums(self, table: Tensor, weights: Tensor) -> Tensor:
        """(sums, width) of lines of `table`, weighted."""
        return torch.embedding_bag(
            table, self.flat, self.bags, mode=0, per_sample_weights=weights.reshape(-1)
        )[0]


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What the rows of one table version read, the same in every block; padded to a tile.

    `value_lines` (heads, rows, positions), which are those of `values`, and `hidden` (rows,
    positions) are what changes from step to step, as each row's newest position comes into sight.
    """

    version: int
    keys: Lines
    values: Lines
    value_lines: Integers32
    hidden: Tensor


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Where a step's keys and values go: numbers in all keys, lines of all values."""

    keys: Tensor
    values: Tensor
    turn: Tensor


class PagedDecoder:
    """Prompts are computed once, then one token a row a step."""

    def __init__(self, weights: Weights, slots: int, capacity: int) -> None:
        self._weights = weights
        self._table = PageTable(self._weights.tiled(slots), capacity)
        # For every position that can come: looked up once a step instead of computed.
        self._turns = weights.rotations(-(-capacity // PREFILL_STEP) * PREFILL_STEP)
        lines, size = weights.kv_heads, weights.head_size
        self._keys = [_untouched(self._table.size, lines, size, PAGE) for _ in weights.blocks]
        self._values = [_untouched(self._table.size, lines, PAGE, size) for _ in weights.blocks]
        group = weights.heads // weights.kv_heads
        self._head_of: Integers32 = np.arange(weights.heads, dtype=np.int32) // group
        self._line_of: Integers32 = self._head_of * PAGE
        self._page_lines = weights.kv_heads * PAGE
        self._every = np.arange(self._weights.tiled(slots))
        self._read: ReadPlan | None = None

    def prefill(self, prompts: Sequence[Sequence[int]]) -> tuple[Tensor, list[Integers]]:
        """Logits [prompts, vocabulary] after each prompt, and the pages that hold each."""
        stored = [self._table.take(-(-len(prompt) // PAGE)) for prompt in prompts]
        logits = torch.empty(len(prompts), len(self._weights.embedding))
        # By padded length, not by what stands in the queue: a prompt is computed in the same shape
        # wherever it comes up, and so to the same bits.
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
        # Rows that fill the last tile stand for nobody, and have page 0.
        ids, places, page, offset = np.zeros((4, self._weights.tiled(rows)), np.int64)
        ids[:rows], places[:rows] = tokens, at
        page[:rows], offset[:rows] = self._table.append(self._every[:rows], at)
        reading = self._reading(page[:rows], offset[:rows], len(ids))
        writing = self._writing(page, offset, places)
        x = F.embedding(torch.from_numpy(ids), self._weights.embedding)
        for number, block in enumerate(self._weights.blocks):
            self._step_block(number, block, x, writing, reading)
        return self._logits(x)[:rows]

    def _reading(self, page: Integers, offset: Integers, padded: int) -> ReadPlan:
        """What is read in this step, in which each row's newest token is at `page`, `offset`."""
        old, rows = self._read, len(page)
        # The table has changed, by rows that came or went or began a page; else only the newest
        # positions are new.
        if old is None or old.version != self._table.version or len(old.hidden) != padded:
            self._read = self._read_anew(padded)
            return self._read
        every, place = self._every[:rows], self._table.place(rows)
        lines = page * self._page_lines + offset
        old.hidden.numpy()[every, place] = 0.0
        old.value_lines[:, every, place] = lines + self._line_of[:, None]
        return old

    def _read_anew(self, rows: int) -> ReadPlan:
        table, weights = self._table, self._weights
        columns = table.columns(rows)
        pages = table.pages[:rows, :columns].astype(np.int32)
        size = weights.head_size
        number = np.arange(size, dtype=np.int32)
        within: Integers32 = np.add(self._head_of[:, None] * np.int32(size), number)
        first = pages * np.int32(weights.kv_heads * size)
        keys: Integers32 = np.add(first[:, :, None], within[:, None, None])
        hidden = table.hidden(rows, columns)
        first = pages * np.int32(self._page_lines)
        positions = np.add(first[:, :, None], np.arange(PAGE, dtype=np.int32)).reshape(rows, -1)
        lines: Integers32 = np.add(positions, self._line_of[:, None, None])
        # Page 0 is nobody's, and its weight is 0: it is read and changes nothing.
        lines[:, hidden] = 0
        return ReadPlan(
            version=table.version,
            keys=Lines.of(keys),
            values=Lines.of(lines),
            value_lines=lines,
            hidden=torch.from_numpy(np.where(hidden, np.float32(-np.inf), np.float32(0.0))),
        )

    def _writing(self, page: Integers, offset: Integers, at: Integers) -> WritePlan:
        heads, size = self._weights.kv_heads, self._weights.head_size
        number = np.arange(heads * size).reshape(heads, 1, size)
        keys = ((page * (heads * size))[:, None] + number) * PAGE + offset[:, None]
        values = page * self._page_lines + offset + np.arange(heads)[:, None] * PAGE
        return WritePlan(
            keys=torch.from_numpy(keys.ravel()),
            values=torch.from_numpy(values.ravel()),
            turn=self._turns[torch.from_numpy(at)],
        )

    def _step_block(
        self, number: int, block: TransformerBlock, x: Tensor, writing: WritePlan, reading: ReadPlan
    ) -> None:
        keys, values = self._keys[number], self._values[number]
        size = self._weights.head_size
        query, key, value = self._attention_inputs(block, x, writing.turn)
        keys.view(-1).scatter_(0, writing.keys, key.flatten())
        values.view(-1, size).index_copy_(0, writing.values, value.flatten(0, 1))
        columns = reading.hidden.shape[-1] // PAGE
        asked = query[:, :, None].expand(-1, -1, columns, -1)
        scores = reading.keys.sums(keys.view(-1, PAGE), asked)
        likely = torch.softmax(scores.view(*query.shape[:2], -1) + reading.hidden, -1)
        mixed = reading.values.sums(values.view(-1, size), likely)
        _after_attention(block, x, mixed.view(query.shape), self._weights.epsilon)

    def _prefill_alike(
        self, prompts: list[Sequence[int]], stored: list[Integers], width: int
    ) -> Tensor:
        # Tokens in whole tiles, where a prompt alone is none: others round otherwise.
        odd = len(prompts) % 2 if self._weights.tile > PREFILL_STEP else 0
        ids = np.zeros((len(prompts) + odd, width), np.int64)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = prompt
        x = F.embedding(torch.from_numpy(ids).view(-1), self._weights.embedding)
        turn = self._turns[:width].repeat(len(ids), 1)
        for number, block in enumerate(self._weights.blocks):
            query, key, value = (
                part.unflatten(1, (len(ids), width)).transpose(0, 1)
                for part in self._attention_inputs(block, x, turn)
            )
            # Scale 1: that of attention was folded into the queries' weights.
            mixed = F.scaled_dot_product_attention(
                query, key, value, is_causal=True, scale=1.0, enable_gqa=True
            )
            self._store(number, key, value, stored)
            mixed = mixed.transpose(0, 1).flatten(1, 2)
            _after_attention(block, x, mixed, self._weights.epsilon)
        last = [row * width + len(prompt) - 1 for row, prompt in enumerate(prompts)]
        # Rows of a whole tile, for the same reason; the others are dropped.
        last += [0] * (self._weights.tiled(len(last)) - len(last))
        return self._logits(x[last])[: len(prompts)]

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
        self, block: TransformerBlock, x: Tensor, turn: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys, values [heads, rows, size], turned to their positions."""
        w = self._weights
        joined = block.qkv(_normed(x, block.norm, w.epsilon))
        pairs = joined[: w.heads + w.kv_heads].unflatten(2, (-1, 2))
        turned = torch.view_as_real(torch.view_as_complex(pairs) * turn).flatten(2)
        return turned[: w.heads], turned[w.heads :], joined[w.heads + w.kv_heads :]

    def _logits(self, x: Tensor) -> Tensor:
        w = self._weights
        return _joined(w.head(_normed(x, w.norm, w.epsilon)))[:, : len(w.embedding)]


def _after_attention(block: TransformerBlock, x: Tensor, mixed: Tensor, epsilon: float) -> None:
    """Add to x what the block makes of `mixed` [heads, rows, size], and of x then."""
    _add(x, block.out(_joined(mixed)))
    normed = _normed(x, block.mlp_norm, epsilon)
    gate, up = block.gate(normed), block.up(normed)
    _add(x, block.down(_joined(F.silu(gate).mul_(up))))


def _joined(blocks: Tensor) -> Tensor:
    """[rows, blocks x width] from [blocks, rows, width]."""
    return blocks.transpose(0, 1).flatten(1)


def _add(x: Tensor, blocks: Tensor) -> None:
    """Add [blocks, rows, width] to [rows, blocks x width]."""
    x.view(len(x), len(blocks), -1).transpose(0, 1).add_(blocks)


def _normed(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """x over its root mean square, times the norm's weight."""
    squares = (x * x).sum(-1, keepdim=True)
    return (x * squares.div_(x.shape[-1]).add_(epsilon).rsqrt_()).mul_(weight)


def _untouched(*shape: int) -> Tensor:
    """Zeros that take memory only where they are written."""
    # Of numpy, which asks the kernel for zeros; torch would write them.
    return torch.from_numpy(np.zeros(shape, np.float32))
