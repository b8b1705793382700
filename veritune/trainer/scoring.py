"""What a policy and a critic say about rows of tokens: one forward pass.

Padding is where no token that counts can see it (`layout`), so the pad's id has no meaning here,
and may be that of the end token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

from veritune.models.forward import hidden_states
from veritune.models.value import reading_at
from veritune.trainer.layout import Layout, lay_out
from veritune.trainer.losses import entropies, logprobs_of
from veritune.trainer.rollouts import RolloutRow


@dataclass(slots=True)
class Critic:
    """A value head, on the policy's hidden state or on that of a model of its own."""

    head: Any
    model: Any = None

    def parameters(self) -> list[Any]:
        """What belongs to the critic alone."""
        return [
            *(self.model.parameters() if self.model is not None else ()),
            *self.head.parameters(),
        ]


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
    policy: Any,
    rows: Sequence[RolloutRow],
    width: int,
    temperature: float,
    *,
    critic: Critic | None = None,
    entropy: Literal["monitored", "trained"] | None = None,
) -> Scores:
    """Score `rows`; a critic that shares the policy's trunk teaches it too.

    An entropy that is only monitored has no gradient.
    """
    layout = lay_out(policy, rows)
    with reading_at(policy, layout.states) as seen:
        logits = policy(**layout.inputs, use_cache=False).logits[0]
    values = None
    if critic is not None and critic.model is None:
        values = _ragged(critic.head(seen[0].float())[..., 0], layout, 1, width)
    elif critic is not None:
        values = value(critic, policy, rows, width)
    every = logprobs_of(logits, _following(rows, policy.device), temperature)
    spread = None
    if entropy:
        each = entropies(logits if entropy == "trained" else logits.detach(), temperature)
        spread = _ragged(each, layout, 0, width)
    return Scores(_ragged(every, layout, 0, width), values, spread)


def value(critic: Critic, policy: Any, rows: Sequence[RolloutRow], width: int) -> torch.Tensor:
    """The critic's values alone, as in `Scores`, with no gradient into a policy that it shares."""
    trunk = policy if critic.model is None else critic.model
    layout = lay_out(trunk, rows)
    with torch.set_grad_enabled(critic.model is not None and torch.is_grad_enabled()):
        hidden = _hidden(trunk, layout)
    return _ragged(critic.head(hidden.float())[..., 0], layout, 1, width)


def _hidden(model: Any, layout: Layout) -> torch.Tensor:
    inputs = dict(layout.inputs)
    every: torch.Tensor = hidden_states(model, inputs.pop("input_ids"), **inputs)
    return every.flatten(0, 1)[layout.states]


def _following(rows: Sequence[RolloutRow], device: Any) -> torch.Tensor:
    """The token after each state; behind a row's last token, any."""
    return torch.tensor([id for row in rows for id in [*row.ids[row.prompt :], 0]], device=device)


def _ragged(values: torch.Tensor, layout: Layout, last: int, width: int) -> torch.Tensor:
    """(rows, width + last) from one value a state; the state behind a row only where `last`."""
    parts = values.split([length + 1 for length in layout.lengths])
    kept = [part[: len(part) - 1 + last] for part in parts]
    padded = torch.nn.utils.rnn.pad_sequence(kept, batch_first=True)
    return torch.nn.functional.pad(padded, (0, width + last - padded.shape[1]))
