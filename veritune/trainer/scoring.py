"""What a policy and a critic say about rows of tokens: one forward pass.

Padding is where no token that counts can see it (`layout`), so the pad's id has no meaning here,
and may be that of the end token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from veritune.models import (
    IGNORED,
    EntropyUse,
    head_values,
    hidden_states,
    read_states,
    token_scores,
)
from veritune.trainer.layout import Layout, following, lay_out
from veritune.trainer.rows import TokenRow, without_last

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(slots=True)
class Critic:
    """A value head, on the policy's hidden state or on that of a model of its own.

    Without a head it is a model whose likelihoods are rewards (`algorithms.prime`).
    """

    head: torch.nn.Linear | None
    model: PreTrainedModel | None = None

    def module(self) -> torch.nn.Module:
        """What belongs to the critic alone."""
        parts = {"trunk": self.model, "head": self.head}
        return torch.nn.ModuleDict({k: part for k, part in parts.items() if part is not None})

    def values(self, hidden: torch.Tensor) -> torch.Tensor:
        """(...,) from hidden states (..., hidden size)."""
        assert self.head is not None
        return head_values(self.head, hidden)


@dataclass(frozen=True, slots=True)
class Scores:
    """`logprobs` and `entropy` (rows, width) over completion tokens, at the temperature.

    `values` (rows, width + 1): before each completion token, and behind the last. What stands
    behind a row's end has no meaning.
    """

    logprobs: torch.Tensor
    values: torch.Tensor | None
    entropy: torch.Tensor | None


def score(
    policy: PreTrainedModel,
    rows: Sequence[TokenRow],
    width: int,
    temperature: float,
    *,
    critic: Critic | None = None,
    entropy: EntropyUse | None = None,
    fp32: bool = False,
) -> Scores:
    """Score `rows`; a critic that shares the policy's trunk teaches it too.

    An entropy that is only monitored has no gradient. `fp32`: logits are computed in float32.
    """
    shared = critic is not None and critic.model is None
    # Nobody but a critic asks for the state behind a row's last token.
    short = not shared and all(row.length for row in rows)
    layout = lay_out(policy, [without_last(row) for row in rows] if short else rows)
    states = read_states(policy, layout.inputs, layout.states, fp32=fp32)
    values = None
    if critic is not None and shared:
        values = _ragged(critic.values(states.hidden), layout, width + 1)
    elif critic is not None:
        values = value(critic, policy, rows, width)
    ids = following(rows, policy.device)
    if short:
        ids = ids[ids != IGNORED]
    every, each = token_scores(states, ids, temperature=temperature, entropy=entropy)
    spread = None if each is None else _ragged(each, layout, width)
    return Scores(_ragged(every, layout, width), values, spread)


def value(
    critic: Critic, policy: PreTrainedModel, rows: Sequence[TokenRow], width: int
) -> torch.Tensor:
    """The critic's values alone, as in `Scores`, with no gradient into a policy that it shares."""
    trunk = policy if critic.model is None else critic.model
    layout = lay_out(trunk, rows)
    # A trunk that the critic shares is the policy's: its values must not move it here.
    with torch.set_grad_enabled(critic.model is not None and torch.is_grad_enabled()):
        hidden = _hidden(trunk, layout)
    return _ragged(critic.values(hidden), layout, width + 1)


def _hidden(model: PreTrainedModel, layout: Layout) -> torch.Tensor:
    every = hidden_states(model, **layout.inputs)
    return every.flatten(0, 1)[layout.states]


def _ragged(values: torch.Tensor, layout: Layout, width: int) -> torch.Tensor:
    """(rows, width) from one value a state; what stands behind a row's end has no meaning."""
    parts = values.split([length + 1 for length in layout.lengths])
    padded = torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)[:, :width]
    return torch.nn.functional.pad(padded, (0, width - padded.shape[1]))
