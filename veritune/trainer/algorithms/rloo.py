"""RLOO: the baseline of a candidate is the mean of the others (Ahmadian et al. 2024, 2402.14740).

For the candidates y_1 .. y_n of one problem with rewards R_i,

    A_i  = R_i - mean over j != i of R_j
    loss = - sum_it 1/T min(rho_it A_i, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_i)

with T the completion tokens of the minibatch and rho_it = pi(y_it) / pi_old(y_it). The baseline
does not depend on y_i, so the gradient has no bias. No signal where all candidates earned the
same, or where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.advantages import center
from veritune.trainer.algorithms.parts import Extent, TokenBatch, by_part, clipped, token_mean
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Rloo:
    """Leave one out."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards less the mean of the others'."""
        return by_part(group, lambda values: center(values, "rloo"))

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
