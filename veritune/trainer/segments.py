"""Attention over a single line of tokens that falls into segments.

A token sees what stands before it of its own segment, and all of the segment that its own
continues: candidates continue their prompt, which stands there once (prefix sharing, as in Liu et
al. 2025, "Prefix Grouper", arXiv 2506.05433). All else that a transformer does to a line it does
token by token, so nothing is computed twice, and nothing on padding; only queries, keys and
values are laid out in padded rows, of segments of like length, while attention is computed.

transformers calls `attend` for models whose attention is named `NAME`, and hands it what the
model was called with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from veritune.models import plain

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# transformers finds attention by a name in the model's config.
NAME = "veritune_segments"
# Rows of a block see at least this share of the tokens that its longest row sees.
ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class TokenSegment:
    """The tokens start .. start + length - 1 of the line, which continue the segment `after`."""

    start: int
    length: int
    after: TokenSegment | None = None

    @property
    def sees(self) -> int:
        """Tokens that its last token sees."""
        return self.length + (self.after.length if self.after else 0)


@dataclass(frozen=True, slots=True)
class SegmentBlock:
    """`rows` segments of at most `width` tokens, padded behind their ends.

    `before` (rows x longest) lists the tokens that each continues, any behind their ends; `seen`
    (rows, 1, width, longest + width) tells which a token sees. None where no row continues any.
    """

    rows: int
    width: int
    before: torch.Tensor | None
    seen: torch.Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """How a line is laid out: `slots` (tokens,) is each token's place in the blocks, flattened."""

    slots: torch.Tensor
    blocks: list[SegmentBlock]

    @property
    def size(self) -> int:
        """Places in all blocks."""
        return sum(block.rows * block.width for block in self.blocks)


def segment(segments: Sequence[TokenSegment], device: torch.device) -> Segments:
    """The layout of a line that `segments` cover, on `device`."""
    blocks: list[SegmentBlock] = []
    slots = torch.zeros(sum(one.length for one in segments), dtype=torch.long)
    filled = 0
    for alike in _alike(segments):
        width = max(one.length for one in alike)
        for row, one in enumerate(alike):
            begin = filled + row * width
            slots[one.start : one.start + one.length] = torch.arange(begin, begin + one.length)
        filled += len(alike) * width
        blocks.append(_block(alike, width, device))
    return Segments(slots.to(device), blocks)


def use_segments(model: PreTrainedModel) -> None:
    """Let calls of `model` take `segments`; other calls of it are as before."""
    config = plain(model).config
    if config._attn_implementation != NAME:
        AttentionInterface.register(NAME, attend)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        config._attn_implementation = NAME


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    segments: Segments | None = None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """(rows, tokens, heads, size), from (rows, heads, tokens, size) each; one row of segments."""
    if segments is None:
        return _plain(module, query, key, value, attention_mask, **more), None
    parts = [part[0].transpose(0, 1) for part in (query, key, value)]
    padded = [_padded(part, segments) for part in parts]
    outs, filled = [], 0
    for block in segments.blocks:
        end = filled + block.rows * block.width
        q, k, v = (part[filled:end].unflatten(0, (block.rows, -1)) for part in padded)
        if (before := block.before) is not None:
            k, v = (_behind(parts[1], before, k), _behind(parts[2], before, v))
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        outs.append(_plain(module, q, k, v, block.seen, **more).flatten(0, 1))
        filled = end
    return torch.cat(outs).index_select(0, segments.slots)[None], None


def _plain(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **more: Any,
) -> torch.Tensor:
    """(rows, tokens, heads, size): attention as transformers computes it."""
    return sdpa_attention_forward(module, query, key, value, attention_mask, **more)[0]


def _padded(line: torch.Tensor, segments: Segments) -> torch.Tensor:
    """(places, heads, size): tokens (tokens, heads, size) in their places, 0 in the others."""
    empty = line.new_zeros(segments.size, *line.shape[1:])
    return empty.index_copy(0, segments.slots, line)


def _behind(line: torch.Tensor, before: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """(rows, longest + width, heads, size): what each row continues, and its own."""
    continued: torch.Tensor = line.index_select(0, before).unflatten(0, (len(own), -1))
    return torch.cat([continued, own], 1)


def _alike(segments: Sequence[TokenSegment]) -> list[list[TokenSegment]]:
    """Parts of like length, those that continue others apart from those that do not."""
    parts: list[list[TokenSegment]] = []
    # The longest first: each block is as wide as its first row.
    for one in sorted(segments, key=lambda one: (one.after is None, -one.sees, one.start)):
        first = parts[-1][0] if parts else None
        same_kind = first is not None and (first.after is None) == (one.after is None)
        if first is None or not same_kind or one.sees < ALIKE * first.sees:
            parts.append([])
        parts[-1].append(one)
    return parts


def _block(alike: Sequence[TokenSegment], width: int, device: torch.device) -> SegmentBlock:
    heads = [one.after for one in alike if one.after is not None]
    if not heads:
        return SegmentBlock(len(alike), width, None, None)
    lengths = torch.tensor([head.length for head in heads])
    place = torch.arange(int(lengths.max()))
    inside = place < lengths[:, None]
    before = torch.tensor([head.start for head in heads])[:, None] + place * inside
    # Causal among its own tokens, and everything of what it continues.
    own = torch.ones(width, width, dtype=torch.bool).tril().expand(len(alike), -1, -1)
    seen = torch.cat([inside[:, None].expand(-1, width, -1), own], 2)[:, None]
    return SegmentBlock(len(alike), width, before.flatten().to(device), seen.to(device))
