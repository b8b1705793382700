"""How rows of tokens lie in a model's input, so that little is computed twice or for nothing.

Candidates of one prompt stand behind a single copy of it: each token sees the prompt and what
precedes it in its own candidate, at the positions that it would have alone (prefix sharing, as in
Liu et al. 2025, "Prefix Grouper", arXiv 2506.05433). Several prompts share a line, so that nothing
is padding. The results are those of rows one by one, up to rounding.

Where that saves nothing, or the model's attention cannot be told so, rows are padded behind their
ends, where causal attention hides the padding from every token that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from veritune.models.forward import plain
from veritune.trainer.packing import first_fit, visible
from veritune.trainer.rollouts import Row

LONGEST_LINE = 1024
"""Tokens of a line at most: attention is computed between all of them, the hidden ones too."""
WORTH = 0.9
"""Lines are made where they hold less than this share of the padded rows' tokens."""
MODELS = {"qwen2", "qwen3", "llama"}


@dataclass(frozen=True, slots=True)
class Layout:
    """`inputs` for the model's call; where in them, flattened, each row's states stand.

    `states` lists for one row after another the state before each of its completion tokens, and
    behind the last; `lengths` are the rows' completion tokens.
    """

    inputs: dict[str, torch.Tensor]
    states: torch.Tensor
    lengths: list[int]


@dataclass(slots=True)
class _Line:
    """Tokens beside each other; a token of segment s sees s and the segment `prompt_of[s]`."""

    ids: list[int]
    positions: list[int]
    segments: list[int]
    prompt_of: list[int]


def lay_out(model: Any, rows: Sequence[Row]) -> Layout:
    """The inputs for `rows`, on the model's device."""
    longest = max(len(row.ids) for row in rows)
    if can_share(model) and longest <= LONGEST_LINE:
        # Attention over a line shorter than the model is wide costs a fraction of the rest.
        room = max(longest, min(LONGEST_LINE, plain(model).config.hidden_size * 3 // 4))
        trees = _trees(rows, room)
        bins = [
            [trees[i] for i in line]
            for line in first_fit([_tokens(rows, tree) for tree in trees], room)
        ]
        width = max(sum(_tokens(rows, tree) for tree in line) for line in bins)
        if len(bins) * width < WORTH * len(rows) * longest:
            return _shared(model, rows, bins, width)
    return _padded(model, rows)


def can_share(model: Any) -> bool:
    """Whether the model takes a mask of our own, and every block sees all that it shows."""
    config = plain(model).config
    windows = set(getattr(config, "layer_types", None) or ["full_attention"])
    return (
        config.model_type in MODELS
        and windows == {"full_attention"}
        and config._attn_implementation in ("sdpa", "eager")
    )


def _padded(model: Any, rows: Sequence[Row]) -> Layout:
    width = max(len(row.ids) for row in rows)
    ids = _filled([row.ids for row in rows], width, 0)
    states: list[int] = []
    for i, row in enumerate(rows):
        states += range(i * width + row.prompt - 1, i * width + len(row.ids))
    return _layout(model, {"input_ids": ids}, states, rows)


def _shared(
    model: Any, rows: Sequence[Row], bins: Sequence[Sequence[list[int]]], longest: int
) -> Layout:
    lines: list[_Line] = []
    states: dict[int, list[int]] = {}
    for number, trees in enumerate(bins):
        line = _Line([], [], [], [])
        for tree in trees:
            _grow(line, rows, tree, number * longest, states)
        lines.append(line)
    inputs = {
        "input_ids": _filled([line.ids for line in lines], longest, 0),
        "position_ids": _filled([line.positions for line in lines], longest, 0),
        "attention_mask": _seen(lines, longest, model.dtype),
    }
    return _layout(model, inputs, [at for i in range(len(rows)) for at in states[i]], rows)


def _grow(
    line: _Line, rows: Sequence[Row], tree: list[int], before: int, states: dict[int, list[int]]
) -> None:
    """Append a prompt and its candidates, and note where the states of each stand."""
    prompt = rows[tree[0]].ids[: rows[tree[0]].prompt]
    root = len(line.prompt_of)
    _append(line, prompt, 0, root)
    last = before + len(line.ids) - 1
    for i in tree:
        begin = before + len(line.ids)
        _append(line, rows[i].ids[len(prompt) :], len(prompt), root)
        states[i] = [last, *range(begin, begin + rows[i].length)]


def _append(line: _Line, ids: Sequence[int], position: int, root: int) -> None:
    line.ids += ids
    line.positions += range(position, position + len(ids))
    line.segments += [len(line.prompt_of)] * len(ids)
    line.prompt_of.append(root)


def _trees(rows: Sequence[Row], room: int) -> list[list[int]]:
    """Rows by prompt, as many together as a line has room for."""
    trees: list[list[int]] = []
    open_: dict[tuple[int, ...], tuple[int, int]] = {}
    for i, row in enumerate(rows):
        prompt = tuple(row.ids[: row.prompt])
        at, held = open_.get(prompt, (-1, room))
        if held + row.length > room:
            at, held = len(trees), row.prompt
            trees.append([])
        trees[at].append(i)
        open_[prompt] = at, held + row.length
    return trees


def _tokens(rows: Sequence[Row], tree: Sequence[int]) -> int:
    return rows[tree[0]].prompt + sum(rows[i].length for i in tree)


def _seen(lines: Sequence[_Line], longest: int, dtype: torch.dtype) -> torch.Tensor:
    segments = _filled([line.segments for line in lines], longest, -1)
    roots = _filled([[line.prompt_of[s] for s in line.segments] for line in lines], longest, -1)
    return visible(segments, roots, dtype)


def _filled(rows: Sequence[Sequence[int]], width: int, value: int) -> torch.Tensor:
    out = torch.full((len(rows), width), value, dtype=torch.long)
    for i, row in enumerate(rows):
        out[i, : len(row)] = torch.tensor(row)
    return out


def _layout(
    model: Any, inputs: dict[str, torch.Tensor], states: list[int], rows: Sequence[Row]
) -> Layout:
    place = model.device
    return Layout(
        {name: tensor.to(place) for name, tensor in inputs.items()},
        torch.tensor(states, device=place),
        [row.length for row in rows],
    )
