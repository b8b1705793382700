"""MaxRL: towards the likelihood of a right answer (Tajwar et al. 2026, arXiv 2602.02710).

    A_i  = (R_i - mean R) / mean R                                         0 where mean R = 0
    loss = - sum_it 1/T min(rho_it A_i, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_i)

with T the completion tokens of the minibatch. The expected reward's gradient is that of p, the
chance to solve a problem; that of log p is 1/p times as large, so rarely solved problems count for
more. Estimated from n candidates it is that of the sum over k = 1 .. n of pass@k / k. No signal
where no candidate of a group earned anything, or all did.
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
    TokenBatch,
    Values,
    by_part,
    clipped,
    token_mean,
)
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class MaxRl:
    """Maximum likelihood reinforcement learning; rewards are at least 0."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards less the group's mean, over that mean."""
        return by_part(group, over_mean)

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)


def over_mean(values: Values) -> Values:
    """(R - mean) / mean of one group's rewards."""
    flat = [value for own in values for value in own]
    mean = sum(flat) / max(len(flat), 1)
    scale = 1.0 / mean if mean > 0 else 0.0
    return [[value * scale for value in own] for own in center(values, "dr_grpo")]
