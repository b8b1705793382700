"""DAPO (Yu et al. 2025, arXiv 2503.14476): clip-higher, token mean, soft overlong penalty.

For the candidates y_1 .. y_n of one problem with outcome rewards R_i,

    P_i  = 0                        |y_i| <= L - B               equation 13, with L the most
           (L - B - |y_i|) / B      L - B < |y_i| < L            tokens and B the buffer
           -1                       y_i is truncated
    A_i  = (R_i + w P_i - mean) / (std + 1e-4)                   w: what a right outcome pays
    loss = - sum_it 1/T min(rho_it A_i, clip(rho_it, 1 - 0.2, 1 + 0.28) A_i)

with T the completion tokens of the minibatch, so that long candidates count by their length. With
`overlong_buffer = 0` there is no penalty. Its dynamic sampling is in `rounds.dynamic_sampling`.
No signal where all candidates of a group earned the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.algorithms.parts import (
    Extent,
    TokenBatch,
    clipped,
    grpo_advantages,
    token_mean,
)
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class Dapo:
    """Decoupled clip; `max_tokens` of a candidate are where it is truncated."""

    config: GroupConfig
    max_tokens: int
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Rewards with the length's penalty, less the group's mean, over its deviation."""
        if self.config.overlong_buffer:
            group = [self._penalised(row) for row in group]
        return grpo_advantages(group)

    def _penalised(self, row: TokenRow) -> TokenRow:
        paid = sum(value for _, value in row.credit.outcome)
        reward = paid + self.config.credit.outcome * self.penalty(row)
        credit = replace(row.credit, outcome=((row.length - 1, reward),))
        return replace(row, credit=credit)

    def penalty(self, row: TokenRow) -> float:
        """P_i, in [-1, 0]."""
        if row.truncated:
            return -1.0
        buffer = self.config.overlong_buffer
        return max(-1.0, min(0.0, (self.max_tokens - buffer - row.length) / buffer))

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)
