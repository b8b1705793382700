"""CISPO: the importance weight is clipped, not the token (MiniMax 2025, arXiv 2506.13585, eq. 4).

    A_i  = (R_i - mean R) / (std R + 1e-4)
    loss = - sum_it 1/T sg[clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high)] A_i log pi(y_it)

with T the completion tokens of the minibatch and sg[.] without gradient. PPO's clipping takes the
gradient from tokens whose ratio has moved far, which are often the rare ones that a chain of
thought turns on; here every token keeps one, of bounded weight. The paper has no lower bound
(`clip_eps_low = 1`). No signal where all candidates of a group earned the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.algorithms.parts import Extent, TokenBatch, grpo_advantages, token_mean
from veritune.trainer.credit import Reward
from veritune.trainer.losses import LARGEST_LOG_RATIO, kept, weighted
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Cispo:
    """Clipped importance sampling weights."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards less the group's mean, over its deviation."""
        return grpo_advantages(group)

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The weighted log-likelihood; the share is that of bounded weights."""
        inside = batch.weights > 0
        with torch.no_grad():
            log_ratio = kept(batch.logprobs - batch.old, inside)
            ratio = log_ratio.clamp(max=LARGEST_LOG_RATIO).exp()
            weight = ratio.clamp(1 - self.config.clip_eps_low, 1 + self.config.clip_eps_high)
            share = weighted((weight != ratio).to(ratio.dtype), batch.weights)
            # A minibatch of no weight has no share.
            share = share / batch.weights.sum().clamp(min=1e-12)
            weight = weight * kept(batch.advantages, inside)
            if batch.importance is not None:
                weight = weight * kept(batch.importance, inside)
        return -weighted(weight * kept(batch.logprobs, inside), batch.weights), share
