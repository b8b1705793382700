"""From examples to padded token batches, the same ones in the same order for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from veritune.errors import TrainingError
from veritune.models import encode_prompt
from veritune.trainer.protocol import Example

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""Label of a token that carries no loss, as torch's cross entropy has it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One example: its token ids, and how many of them are the prompt."""

    ids: list[int]
    prompt: int


def tokenize(examples: Sequence[Example], tokenizer: Any) -> list[Tokens]:
    """Prompt and completion as ids. A sampled candidate's own ids are never re-tokenised."""
    out = []
    for example in examples:
        prompt = encode_prompt(tokenizer, example.problem.prompt)
        completion = example.candidate.token_ids
        if completion is None:
            completion = tokenizer.encode(example.candidate.text, add_special_tokens=False)
            completion = [*completion, tokenizer.eos_token_id]
        out.append(Tokens([*prompt, *completion], len(prompt)))
    return out


def batches(
    data: Sequence[Tokens], size: int, updates: int, seed: int, pad: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """`updates` batches of (ids, labels, mask), each (size, longest) int64.

    Epochs are shuffled by (seed, epoch). Within an epoch the data is read once; a last short
    batch is filled from the next epoch.
    """
    if not data:
        raise TrainingError("there is nothing to train on")
    order: list[int] = []
    epoch = 0
    for _ in range(updates):
        while len(order) < size:
            shuffle = np.random.Generator(np.random.Philox(key=[seed, epoch]))
            order.extend(shuffle.permutation(len(data)).tolist())
            epoch += 1
        chosen, order = order[:size], order[size:]
        yield _padded([data[i] for i in chosen], pad)


def _padded(rows: Sequence[Tokens], pad: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    import torch

    longest = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), longest), pad)
    labels = torch.full((len(rows), longest), IGNORED)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        tokens = torch.tensor(row.ids)
        ids[i, : len(row.ids)] = tokens
        labels[i, row.prompt : len(row.ids)] = tokens[row.prompt :]
        mask[i, : len(row.ids)] = 1
    return ids, labels, mask
