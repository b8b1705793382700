"""GSPO: one ratio a candidate (Zheng et al. 2025, arXiv 2507.18071, equations 5 and 7).

    A_i  = (R_i - mean R) / (std R + 1e-4)
    s_i  = (pi(y_i) / pi_old(y_i))^(1/|y_i|) = exp(1/|y_i| sum_t log rho_it)
    loss = - sum_i 1/N min(s_i A_i, clip(s_i, 1 - 3e-4, 1 + 4e-4) A_i)

with N the candidates of the minibatch: whole candidates are clipped, not tokens, whose ratios are
noise. Where tokens of a candidate have advantages of their own (steps) it is the paper's GSPO-token
(equation 13): s_it has the value of s_i and the gradient of rho_it. No signal where all candidates
of a group earned the same. `clip_eps_low` and `clip_eps_high` are for s_i, and small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.algorithms.parts import (
    Extent,
    TokenBatch,
    candidate_mean,
    grpo_advantages,
)
from veritune.trainer.credit import Reward
from veritune.trainer.losses import LARGEST_LOG_RATIO, kept, weighted
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Gspo:
    """Group sequence policy optimisation."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards less the group's mean, over its deviation."""
        return grpo_advantages(group)

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / (N |y_i|)."""
        return candidate_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The surrogate with s_it in the place of a token's ratio."""
        inside = batch.weights > 0
        log_ratio = kept(batch.logprobs - batch.old, inside)
        mean = log_ratio.detach().sum(1, keepdim=True) / inside.sum(1, keepdim=True).clamp(min=1)
        # Of the value of the mean, with a token's own gradient.
        ratio = (mean + log_ratio - log_ratio.detach()).clamp(max=LARGEST_LOG_RATIO).exp()
        advantages = kept(batch.advantages, inside)
        plain = ratio * advantages
        bounded = (
            ratio.clamp(1 - self.config.clip_eps_low, 1 + self.config.clip_eps_high) * advantages
        )
        terms = torch.minimum(plain, bounded)
        if batch.importance is not None:
            terms = terms * kept(batch.importance, inside)
        with torch.no_grad():
            share = weighted((bounded < plain).to(terms.dtype), batch.weights)
            # A minibatch of no weight has no share.
            share = share / batch.weights.sum().clamp(min=1e-12)
        return -weighted(terms, batch.weights), share
