"""GRPO: mean and deviation of the group (Shao et al. 2024, arXiv 2402.03300, equation 3).

For the candidates y_1 .. y_n of one problem with rewards R_i,

    A_i  = (R_i - mean R) / (std R + 1e-4)
    loss = - sum_it 1/(N |y_i|) min(rho_it A_i, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high)
    A_i)

with N the candidates of the minibatch. Its weights favour short right and long wrong candidates,
and its division by the deviation favours problems that are nearly always or never solved; Dr. GRPO
drops both. No signal where all candidates of a group earned the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.algorithms.parts import (
    Extent,
    TokenBatch,
    candidate_mean,
    clipped,
    grpo_advantages,
)
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Grpo:
    """Group-relative policy optimisation."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards less the group's mean, over its deviation."""
        return grpo_advantages(group)

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / (N |y_i|)."""
        return candidate_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
