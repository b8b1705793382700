"""PRIME: process rewards that follow from outcomes (Cui et al. 2025, arXiv 2502.01456).

A second model phi learns online to tell right candidates by its likelihoods (implicit process
reward: Yuan et al. 2024, arXiv 2412.01981), against the frozen start policy ref:

    r_it = beta (log phi(y_it) - log ref(y_it)),   s_i = sum_t r_it
    loss of phi = - mean_i [z_i log sigmoid(s_i) + (1 - z_i) log sigmoid(-s_i)]     z_i: passed

so that r_it is what token t adds to the log-odds. They have no bound, and outcomes are 0 or 1: the
tokens' part is divided by the largest return of the round, c, where that is above 1. Both parts are
less what the others earned, as in RLOO; of tokens that is the mean of the others' means:

    c    = max(1, max_it |sum over t' >= t of r_it'|)
    A_it = 1/c sum_{t' >= t} (r_it' - mean_{j != i} 1/|y_j| sum_t r_jt) + R_i - mean_{j != i} R_j

and then of mean 0 and variance 1 over the round's tokens, as in the authors' code (which divides by
returns below 1, too: noise, as long as phi knows nothing).

    loss = - sum_it 1/T min(rho_it A_it, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_it)

with T the completion tokens of the minibatch. No signal from a group of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.advantages import center
from veritune.trainer.algorithms.parts import (
    Extent,
    RoundScores,
    TokenBatch,
    by_part,
    clipped,
    others_mean,
    to_go,
    token_mean,
)
from veritune.trainer.credit import Reward
from veritune.trainer.losses import kept
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Prime:
    """phi is `other` of the round's scores."""

    config: GroupConfig
    whitens: ClassVar[bool] = True

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Of the outcomes: less the others' mean."""
        return by_part(group, lambda values: center(values, "rloo"))

    def dense(self, scores: RoundScores) -> Tensor:
        """(rows, width): the tokens' part of A_it, 0 on padding."""
        assert scores.reference is not None
        inside = scores.mask > 0
        rewards = self.config.beta * kept(scores.other - scores.reference, inside)
        rewards = rewards / to_go(rewards).abs().max().clamp(min=1.0)
        means = rewards.sum(1) / inside.sum(1).clamp(min=1)
        baseline, alone = others_mean(means, scores.groups)
        less = kept(rewards - baseline[:, None], inside & ~alone[:, None])
        return kept(to_go(less), inside)

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
