"""From examples to token batches, the same ones in the same order for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from veritune.errors import TrainingError
from veritune.models import completion_texts, encode_problem
from veritune.records import Candidate
from veritune.text import writable
from veritune.trainer.protocol import Example
from veritune.trainer.rows import TokenRow

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase


def tokenize(examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase) -> list[TokenRow]:
    """Prompt and completion of every example as ids."""
    return [
        encode(tokenizer, encode_problem(tokenizer, e.problem), e.candidate, e.weight)
        for e in examples
    ]


def encode(
    tokenizer: PreTrainedTokenizerBase,
    prompt: Sequence[int],
    candidate: Candidate,
    weight: float = 1.0,
) -> TokenRow:
    """A prompt's ids and a candidate's.

    A sampled candidate's own ids are never re-tokenised, but where they are another tokenizer's:
    then its text counts.
    """
    completion = candidate.token_ids
    if completion is None or not writes(tokenizer, completion, candidate.text):
        completion = tokenizer.encode(candidate.text, add_special_tokens=False)
        # A text that was written elsewhere must teach to stop, too.
        completion = [*completion, tokenizer.eos_token_id]
    return TokenRow([*prompt, *completion], len(prompt), weight)


def writes(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], text: str) -> bool:
    """Whether ids are this tokenizer's for a text, which a stop string may have cut."""
    if any(not 0 <= id < len(tokenizer) for id in ids):
        return False
    (written,) = completion_texts(tokenizer, [ids])
    return writable(written).startswith(text)


def orders(count: int, size: int, updates: int, seed: int) -> Iterator[list[int]]:
    """`updates` batches of `size` indices below `count`.

    Epochs are shuffled by (seed, epoch). Within an epoch the data is read once; a last short
    batch is filled from the next epoch.
    """
    if not count:
        raise TrainingError("there is nothing to train on")
    order: list[int] = []
    epoch = 0
    for _ in range(updates):
        while len(order) < size:
            # By (seed, epoch), so that a resumed training reads the same order.
            shuffle = np.random.Generator(np.random.Philox(key=[seed, epoch]))
            order.extend(shuffle.permutation(count).tolist())
            epoch += 1
        chosen, order = order[:size], order[size:]
        yield chosen


def padded(rows: Sequence[TokenRow], pad: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """(ids, labels), each (rows, longest) int64, padded behind; prompts carry no label."""
    import torch

    from veritune.models import IGNORED

    longest = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), longest), pad)
    labels = torch.full((len(rows), longest), IGNORED)
    for i, row in enumerate(rows):
        tokens = torch.tensor(row.ids)
        ids[i, : len(row.ids)] = tokens
        labels[i, row.prompt : len(row.ids)] = tokens[row.prompt :]
    return ids, labels
