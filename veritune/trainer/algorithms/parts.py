"""What algorithms are made of: what a loss sees, and the weights and losses that several share.

Every loss is a sum over tokens; the normalisation is in the tokens' weights and counts the whole
minibatch, so that a minibatch that is computed in several parts gives the gradient of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor

from veritune.trainer import losses
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow

Values = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Extent:
    """Of a whole minibatch: completion tokens, candidates, and the most tokens of a candidate."""

    tokens: float
    candidates: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """A part of a minibatch; tensors are (rows, width) over completion tokens.

    `logprobs` carry the gradient; `old` are those of the policy before the round. `weights` are
    what each token counts, 0 on padding. `importance` corrects for the engine that sampled.
    """

    logprobs: Tensor
    old: Tensor
    advantages: Tensor
    weights: Tensor
    importance: Tensor | None = None


class Algorithm(Protocol):
    """A policy gradient whose baseline is the group. The trainer knows no more of it than this."""

    # Whether advantages get mean 0 and variance 1 over all tokens of the round.
    whitens: ClassVar[bool]

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Of every row of one problem's group: its rewards less the baseline, where they stand.

        The advantage of a token is the sum of what stands on it and behind it.
        """
        ...

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """(rows, width): what each completion token counts; `mask` is 1 on them."""
        ...

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """(loss, share of the tokens that were clipped, by weight)."""
        ...


def by_part(group: Sequence[TokenRow], baseline: Callable[[Values], Values]) -> list[list[Reward]]:
    """The group's rewards less `baseline`, outcome and steps apart."""
    found: list[list[Reward]] = [[] for _ in group]
    for rewards in ([row.credit.outcome for row in group], [row.credit.steps for row in group]):
        less = baseline([[value for _, value in own] for own in rewards])
        for place, own, values in zip(found, rewards, less, strict=True):
            place += [(at, value) for (at, _), value in zip(own, values, strict=True)]
    return found


def token_mean(mask: Tensor, extent: Extent) -> Tensor:
    """Every token of the minibatch counts the same."""
    return mask / extent.tokens


def candidate_mean(mask: Tensor, extent: Extent) -> Tensor:
    """Every candidate counts the same, and every token of a candidate."""
    return mask / mask.sum(1, keepdim=True) / extent.candidates


def clipped(batch: TokenBatch, low: float, high: float) -> tuple[Tensor, Tensor]:
    """PPO's clipped surrogate, token by token (`losses.policy_loss`)."""
    return losses.policy_loss(
        batch.logprobs,
        batch.old,
        batch.advantages,
        batch.weights,
        clip_eps_low=low,
        clip_eps_high=high,
        importance=batch.importance,
    )
