"""Several examples in one row, so that nothing is padding, and none sees another.

Positions start at 0 in every example and attention stays within it, so the loss is that of the
padded batch. Worth its while where rows are long and lengths differ; short rows lie in one line as
it is (`layout`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from veritune.models import read_states, weighted_loss
from veritune.trainer.layout import can_share
from veritune.trainer.likelihood import completion_loss
from veritune.trainer.rows import TokenRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def first_fit(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Indices in bins of at most `size`, first fit from the longest; a longer one is alone."""
    found: list[list[int]] = []
    room: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        at = next((k for k, left in enumerate(room) if left >= lengths[i]), len(found))
        if at == len(found):
            found.append([])
            room.append(size)
        found[at].append(i)
        room[at] -= lengths[i]
    return found


def bins(rows: Sequence[TokenRow], size: int) -> list[list[TokenRow]]:
    """Rows in bins of at most `size` tokens, first fit from the longest; a longer row is alone."""
    return [[rows[i] for i in bin] for bin in first_fit([len(row.ids) for row in rows], size)]


def packed_loss(
    model: PreTrainedModel, rows: Sequence[TokenRow], size: int, *, fp32: bool = False
) -> torch.Tensor:
    """As `completion_loss`, over packed rows of at most `size` tokens.

    They lie in one line, in which attention is computed row by row, where the model can be told
    so; else in padded packs under a mask of (size x size).
    """
    if can_share(model):
        return completion_loss(model, rows, packed=True, fp32=fp32)
    packs = bins(rows, size)
    longest = max(sum(len(row.ids) for row in pack) for pack in packs)
    shape = (len(packs), longest)
    ids, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    segments, weights = torch.full(shape, -1), torch.zeros(shape)
    for i, pack in enumerate(packs):
        at = 0
        for number, row in enumerate(pack):
            end = at + len(row.ids)
            ids[i, at:end] = torch.tensor(row.ids)
            positions[i, at:end] = torch.arange(len(row.ids))
            segments[i, at:end] = number
            # Stands where a completion token is predicted: one before it.
            weights[i, at + row.prompt - 1 : end - 1] = row.weight
            at = end
    place, counted = model.device, (weights > 0).flatten()
    inputs = {
        "input_ids": ids.to(place),
        "attention_mask": visible(segments, model.dtype).to(place),
        "position_ids": positions.to(place),
    }
    states = read_states(model, inputs, counted.nonzero()[:, 0].to(place), fp32=fp32)
    following = ids.roll(-1, dims=1).flatten()[counted]
    return weighted_loss(states, following.to(place), weights.flatten()[counted].to(place))


def visible(segments: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """(rows, 1, length, length), added to attention scores: 0 on what a token may see.

    That is what stands before it of its own segment.
    """
    length = segments.shape[1]
    own = segments[:, :, None] == segments[:, None, :]
    seen = own & torch.ones(length, length, dtype=torch.bool).tril()
    mask = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)
    return mask[:, None]
