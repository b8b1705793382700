"""What a policy and a critic say about rows of tokens: one forward pass.

Rows are padded behind their ends and attention is causal, so padding needs no mask: no token that
counts can see it. Hence the pad's id has no meaning here, and may be that of the end token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from veritune.models.forward import hidden_states, keeping
from veritune.models.value import last_hidden
from veritune.trainer.losses import entropies, logprobs_of
from veritune.trainer.rollouts import Row


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

    `values` (rows, width + 1): before each completion token, and behind the last. Nothing that
    stands behind a row's end has a meaning.
    """

    logprobs: torch.Tensor
    values: torch.Tensor | None
    entropy: torch.Tensor | None


def score(
    policy: Any,
    rows: Sequence[Row],
    width: int,
    temperature: float,
    *,
    critic: Critic | None = None,
    entropy: bool = False,
) -> Scores:
    """Score `rows`; a critic that shares the policy's trunk teaches it too."""
    ids = _padded(rows, policy.device)
    first = min(row.prompt for row in rows) - 1
    keep = ids.shape[1] - first
    with last_hidden(policy) as seen:
        logits = policy(input_ids=ids, use_cache=False, **keeping(policy, keep)).logits
    logits, hidden = logits[:, -keep:], seen[0][:, -keep:]
    following = torch.nn.functional.pad(ids[:, first + 1 :], (0, 1))
    at = _places(rows, width + 1, keep, policy.device)
    values = None
    if critic is not None:
        if critic.model is not None:
            hidden = hidden_states(critic.model, ids)[:, -keep:]
        values = critic.head(hidden.float())[..., 0].gather(1, at)
    every = logprobs_of(logits, following, temperature)
    spread = entropies(logits, temperature).gather(1, at[:, :-1]) if entropy else None
    return Scores(every.gather(1, at[:, :-1]), values, spread)


def value(critic: Critic, policy: Any, rows: Sequence[Row], width: int) -> torch.Tensor:
    """The critic's values alone, as in `Scores`, with no gradient into a policy that it shares."""
    ids = _padded(rows, policy.device)
    first = min(row.prompt for row in rows) - 1
    keep = ids.shape[1] - first
    trunk = policy if critic.model is None else critic.model
    with torch.set_grad_enabled(critic.model is not None and torch.is_grad_enabled()):
        hidden = hidden_states(trunk, ids)[:, -keep:]
    at = _places(rows, width + 1, keep, policy.device)
    out: torch.Tensor = critic.head(hidden.float())[..., 0].gather(1, at)
    return out


def _padded(rows: Sequence[Row], device: Any) -> torch.Tensor:
    ids = torch.zeros(len(rows), max(len(row.ids) for row in rows), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
    return ids.to(device)


def _places(rows: Sequence[Row], width: int, keep: int, device: Any) -> torch.Tensor:
    """Column, among the kept ones, of the state before completion token t of each row."""
    first = min(row.prompt for row in rows)
    starts = torch.tensor([row.prompt - first for row in rows])
    return (starts[:, None] + torch.arange(width)[None]).clamp(max=keep - 1).to(device)
