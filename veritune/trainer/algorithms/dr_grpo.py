"""Dr. GRPO: GRPO without its two biases (Liu et al. 2025, arXiv 2503.20783, section 3.2).

    A_i  = R_i - mean R
    loss = - sum_it 1/(N L) min(rho_it A_i, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_i)

with N the candidates of the minibatch and L the most tokens that one could have, a constant: a
wrong candidate does not get cheaper by being longer. No signal where all candidates of a group
earned the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.advantages import center
from veritune.trainer.algorithms.parts import Extent, TokenBatch, by_part, clipped
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class DrGrpo:
    """GRPO done right."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards less the group's mean."""
        return by_part(group, lambda values: center(values, "dr_grpo"))

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / (N L)."""
        return mask / (extent.candidates * extent.max_tokens)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
