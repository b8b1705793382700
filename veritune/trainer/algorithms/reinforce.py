"""REINFORCE++: no critic, advantages normed over the whole round (Hu et al. 2025, 2501.03262).

    G_it = sum over t' >= t of r_it'                                       r less the group's mean
    A_it = (G_it - mean G) / std G                                         for the baseline form
    loss = - sum_it 1/T min(rho_it A_it, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_it)

with mean and deviation over all tokens of the round, and T the completion tokens of the minibatch.
A group's deviation is that of few candidates, and normalising by it is biased; the round's is not.
The KL stands in the loss, by k2 (section 3.2 of the paper, for the baseline form). The plain form
has a signal wherever rewards differ anywhere in the round; the baseline form has none where all
candidates of a group earned the same.
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
class ReinforcePlusPlus:
    """With the group's mean as a baseline or, for `type = "reinforce_pp"`, none."""

    config: GroupConfig
    whitens: ClassVar[bool] = True

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards, less the group's mean in the baseline form."""
        if self.config.type == "reinforce_pp_baseline":
            return by_part(group, lambda values: center(values, "dr_grpo"))
        return [[*row.credit.outcome, *row.credit.steps] for row in group]

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
