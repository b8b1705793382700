"""On-policy distillation: a teacher scores what the policy wrote, token by token.

Reverse KL on the policy's own samples (Gu et al. 2024, arXiv 2306.08543; Agarwal et al. 2024,
arXiv 2306.13649), by the gradient of each token alone: with q the teacher,

    A_it = log q(y_it | y_i<t) - log pi_old(y_it | y_i<t)
    loss = - sum_it 1/T min(rho_it A_it, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_it)

with T the completion tokens of the minibatch. The mean of A is minus the divergence, in nats a
token. Verdicts earn nothing here. No signal where the policy says what the teacher would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.algorithms.parts import (
    Extent,
    RoundScores,
    TokenBatch,
    clipped,
    token_mean,
)
from veritune.trainer.credit import Reward
from veritune.trainer.losses import kept
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Distillation:
    """The teacher is `other` of the round's scores."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """None of the verdicts."""
        return [[] for _ in group]

    def dense(self, scores: RoundScores) -> Tensor:
        """(rows, width): A_it, 0 on padding."""
        return kept(scores.other - scores.old, scores.mask > 0)

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
