"""Log-likelihoods of completions, and their weighted sum: what SFT and DPO are made of.

Rows of unlike length, and rows of one prompt, lie in one line without padding where the model's
attention can be told so (`layout`); of no more tokens than must be are logits in memory
(`models.head`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from veritune.models import (
    States,
    chunk_size,
    is_plain_head,
    keeping,
    logprobs_of,
    read_states,
    token_scores,
    weighted_loss,
)
from veritune.trainer.batches import padded
from veritune.trainer.layout import Layout, following, padded_layout
from veritune.trainer.layout import packed as packed_layout
from veritune.trainer.rows import TokenRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def completion_loss(
    model: PreTrainedModel, rows: Sequence[TokenRow], *, packed: bool = False, fp32: bool = False
) -> torch.Tensor:
    """Weighted sum over rows of the negative log-likelihood of completion tokens, in nats.

    With `packed` rows lie in one line even where padding would cost little.
    """
    # A row counts its weight on each of its tokens, so that long rows count more, as in TRL.
    weights = torch.tensor([row.weight for row in rows], device=model.device)
    layout = packed_layout(model, rows, always=packed)
    if layout is None and _few(model, rows, fp32):
        return -(_padded_logprobs(model, rows) * weights).sum()
    states, ids, lengths = _states(model, rows, layout, fp32)
    # Whole logits are faster, and their gradient is torch's own; chunks are for what does not fit.
    if states.fits:
        return -(_summed(states, ids, lengths) * weights).sum()
    spans = torch.tensor(lengths, device=model.device)
    return weighted_loss(states, ids, weights.repeat_interleave(spans))


def completion_logprobs(
    model: PreTrainedModel, rows: Sequence[TokenRow], *, fp32: bool = False
) -> torch.Tensor:
    """(rows,): the log-probability of each completion given its prompt, in nats."""
    layout = packed_layout(model, rows)
    if layout is None and _few(model, rows, fp32):
        return _padded_logprobs(model, rows)
    return _summed(*_states(model, rows, layout, fp32))


def _states(
    model: PreTrainedModel, rows: Sequence[TokenRow], layout: Layout | None, fp32: bool
) -> tuple[States, torch.Tensor, list[int]]:
    """States that predict the completions, the ids that they predict, and states a row."""
    layout = layout or padded_layout(model, rows)
    states = read_states(model, layout.inputs, layout.states, fp32=fp32)
    # The state behind a row's last token predicts nothing.
    return states, following(rows, model.device), [n + 1 for n in layout.lengths]


def _summed(states: States, ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
    each, _ = token_scores(states, ids)
    return torch.stack([part.sum() for part in each.split(list(lengths))])


def _few(model: PreTrainedModel, rows: Sequence[TokenRow], fp32: bool) -> bool:
    """Whether all logits of padded rows may be in memory at once."""
    longest, first = max(len(row.ids) for row in rows), min(row.prompt for row in rows)
    vocabulary = int(model.get_output_embeddings().weight.shape[0])
    fits = len(rows) * (longest - first + 1) * vocabulary <= chunk_size()
    return (fits and not fp32) or not is_plain_head(model)


def _padded_logprobs(model: PreTrainedModel, rows: Sequence[TokenRow]) -> torch.Tensor:
    """(rows,), of padded rows whose logits are computed from the first completion on.

    Padding stands behind the rows' ends, where causal attention hides it: there is no mask, and
    attention takes its fastest path.
    """
    ids, labels = (tensor.to(model.device) for tensor in padded(rows))
    first = min(row.prompt for row in rows) - 1
    kept = ids.shape[1] - 1 - first
    read = ids[:, :-1] if kept else ids  # Nothing follows the last token.
    logits = model(input_ids=read, use_cache=False, **keeping(model, kept)).logits
    logits = logits[:, logits.shape[1] - kept :]
    each = logprobs_of(logits.flatten(0, 1), labels[:, first + 1 :].flatten(), 1.0)
    return each.view(len(rows), -1).sum(1)
