"""What algorithms are made of: what a loss sees, and the weights and losses that several share.

Every loss is a sum over tokens; the normalisation is in the tokens' weights and counts the whole
minibatch, so that a minibatch that is computed in several parts gives the gradient of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor

from veritune.trainer import losses
from veritune.trainer.advantages import center
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


@dataclass(frozen=True, slots=True)
class RoundScores:
    """A round's log-probabilities, (rows, width), of the policy before it and of `other` models.

    `groups` names each row's problem; `mask` is 1 on completion tokens.
    """

    old: Tensor
    other: Tensor
    reference: Tensor | None
    mask: Tensor
    groups: Sequence[str]


@runtime_checkable
class DenseAlgorithm(Protocol):
    """An algorithm that also asks another model what each token is worth."""

    def dense(self, scores: RoundScores) -> Tensor:
        """(rows, width): added to the advantages that follow from verdicts."""
        ...


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


def grpo_advantages(group: Sequence[TokenRow]) -> list[list[Reward]]:
    """The group's rewards less its mean, over its deviation."""
    return by_part(group, lambda values: center(values, "grpo"))


def others_mean(values: Tensor, groups: Sequence[str]) -> tuple[Tensor, Tensor]:
    """(mean of the other rows of each row's group, whether there is none), both (rows,)."""
    number = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    index = torch.tensor([number[name] for name in groups], device=values.device)
    sums = values.new_zeros(len(number)).index_add(0, index, values)
    counts = torch.bincount(index, minlength=len(number))[index] - 1
    return (sums[index] - values) / counts.clamp(min=1), counts == 0


def to_go(rewards: Tensor) -> Tensor:
    """(rows, width): what a token and those behind it earn."""
    return rewards.flip(1).cumsum(1).flip(1)


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
