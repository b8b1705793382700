"""How rows of tokens lie in a model's input, so that little is computed twice or for nothing.

Candidates of one prompt stand behind a single copy of it, all prompts and candidates in one line
(`segments`): each token sees the prompt and what precedes it in its own candidate, at the positions
that it would have alone. The results are those of rows one by one, up to rounding.

Where that saves nothing, or the model's attention cannot be told so, rows are padded behind their
ends, where causal attention hides the padding from every token that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from veritune.models import IGNORED, plain
from veritune.trainer.batches import padded
from veritune.trainer.rows import TokenRow
from veritune.trainer.segments import NAME, Segments, TokenSegment, segment, use_segments

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Tokens of a row at most where rows share a prompt: what their tokens see is listed one by one.
LONGEST = 1024
# A line is made where it holds less than this share of the padded rows' tokens.
WORTH = 0.9
# Their attention goes through transformers' interface, and masks nothing but what follows.
MODELS = {"qwen2", "qwen3", "llama"}


# What a model is called with, by name.
ModelInput = torch.Tensor | Segments
# Prompts, each with the rows that continue it.
Trees = Sequence[tuple[Sequence[int], list[int]]]


@dataclass(frozen=True, slots=True)
class Layout:
    """`inputs` for the model's call; where in them, flattened, each row's states stand.

    `states` lists for one row after another the state before each of its completion tokens, and
    behind the last; `lengths` are the rows' completion tokens.
    """

    inputs: dict[str, ModelInput]
    states: torch.Tensor
    lengths: list[int]


@dataclass(slots=True)
class _Line:
    """Tokens beside each other, and the segments that they are of."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    segments: list[TokenSegment] = field(default_factory=list)

    def append(self, ids: Sequence[int], after: TokenSegment | None = None) -> TokenSegment:
        """Add a segment, at the positions behind what it continues."""
        one = TokenSegment(len(self.ids), len(ids), after)
        position = after.length if after else 0
        self.ids += ids
        self.positions += range(position, position + len(ids))
        if ids:
            self.segments.append(one)
        return one


def lay_out(model: PreTrainedModel, rows: Sequence[TokenRow]) -> Layout:
    """The inputs for `rows`, on the model's device."""
    return packed(model, rows) or padded_layout(model, rows)


def packed(
    model: PreTrainedModel, rows: Sequence[TokenRow], *, always: bool = False
) -> Layout | None:
    """All `rows` in one line; None where that cannot be, or saves nothing (unless `always`)."""
    if not can_share(model):
        return None
    longest = max(len(row.ids) for row in rows)
    trees = _trees(rows) if longest <= LONGEST else _alone(rows)
    tokens = sum(len(prompt) for prompt, _ in trees) + sum(row.length for row in rows)
    if tokens >= WORTH * len(rows) * longest and not always:
        return None
    return _shared(model, rows, trees)


def can_share(model: PreTrainedModel) -> bool:
    """Whether the model's attention can be ours, and every block sees all that it shows."""
    config = plain(model).config
    windows = set(getattr(config, "layer_types", None) or ["full_attention"])
    return (
        config.model_type in MODELS
        and windows == {"full_attention"}
        and config._attn_implementation in ("sdpa", NAME)
    )


def padded_layout(model: PreTrainedModel, rows: Sequence[TokenRow]) -> Layout:
    """Rows padded behind their ends, where causal attention hides it."""
    ids, _ = padded(rows)
    width = ids.shape[1]
    states: list[int] = []
    for i, row in enumerate(rows):
        states += range(i * width + row.prompt - 1, i * width + len(row.ids))
    return _layout(model, {"input_ids": ids.to(model.device)}, states, rows)


def _shared(model: PreTrainedModel, rows: Sequence[TokenRow], trees: Trees) -> Layout:
    line = _Line()
    states: dict[int, list[int]] = {}
    for prompt, own in trees:
        if len(own) == 1:
            alone = line.append(rows[own[0]].ids)
            states[own[0]] = [*range(alone.start + len(prompt) - 1, alone.start + alone.length)]
            continue
        root = line.append(prompt)
        for i in own:
            leaf = line.append(rows[i].ids[len(prompt) :], root)
            last = root.start + root.length - 1
            states[i] = [last, *range(leaf.start, leaf.start + leaf.length)]
    use_segments(model)
    place = model.device
    inputs: dict[str, ModelInput] = {
        "input_ids": torch.tensor([line.ids], device=place),
        "position_ids": torch.tensor([line.positions], device=place),
        # Of four dimensions, so that transformers makes none.
        "attention_mask": torch.zeros(1, 1, 1, 1, device=place),
        "segments": segment(line.segments, place),
    }
    return _layout(model, inputs, [at for i in range(len(rows)) for at in states[i]], rows)


def _trees(rows: Sequence[TokenRow]) -> Trees:
    """Rows by prompt."""
    trees: dict[tuple[int, ...], list[int]] = {}
    for i, row in enumerate(rows):
        trees.setdefault(tuple(row.ids[: row.prompt]), []).append(i)
    return list(trees.items())


def following(rows: Sequence[TokenRow], device: torch.device) -> torch.Tensor:
    """The token after each state of a layout, (states,); `IGNORED` behind a row's last token."""
    ids = [id for row in rows for id in (*row.ids[row.prompt :], IGNORED)]
    return torch.tensor(ids, device=device)


def _alone(rows: Sequence[TokenRow]) -> Trees:
    """Every row by itself."""
    return [(row.ids[: row.prompt], [i]) for i, row in enumerate(rows)]


def _layout(
    model: PreTrainedModel,
    inputs: dict[str, ModelInput],
    states: list[int],
    rows: Sequence[TokenRow],
) -> Layout:
    return Layout(
        inputs,
        torch.tensor(states, device=model.device),
        [len(row.ids) - row.prompt for row in rows],
    )
