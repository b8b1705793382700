"""Advantages of pass@k: a set of candidates is paid if one is right.

Chen et al. 2025, arXiv 2508.10751. Of n candidates of one problem, w are wrong. Over all sets of k
of them, each paid 1 if any of its candidates is right, and a candidate's advantage being the mean
of those of its sets (section 2.3),

    R    = 1 - C(w, k) / C(n, k)                      mean reward of a set
    s    = sqrt(R (1 - R))                            its deviation
    A    = (1 - R) / s                                of a right candidate
    A    = (1 - R - C(w - 1, k - 1) / C(n - 1, k - 1)) / s             of a wrong one
    loss = - sum_it 1/T min(rho_it A_i, clip(rho_it, 1 - clip_eps_low, 1 + clip_eps_high) A_i)

with T the completion tokens of the minibatch. It rewards variety: problems that are solved often
count nothing. Only outcomes count, steps do not. No signal where R is 0 or 1: where all are wrong,
or fewer than k are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import ClassVar

from torch import Tensor

from veritune.config import GroupConfig
from veritune.trainer.algorithms.parts import Extent, TokenBatch, clipped, token_mean
from veritune.trainer.credit import Reward
from veritune.trainer.rows import TokenRow


@dataclass(frozen=True, slots=True)
class PassAtK:
    """pass@k training; `config.k` candidates are a set, all of a group where it has fewer."""

    config: GroupConfig
    whitens: ClassVar[bool] = False

    def advantages(self, group: Sequence[TokenRow]) -> list[list[Reward]]:
        """Of a candidate whose outcome is known; a truncated one is in no set."""
        known = [row.solved for row in group if row.credit.outcome]
        right, wrong = set_advantages(len(known), known.count(False), self.config.k)
        return [
            [(row.length - 1, right if row.solved else wrong)] if row.credit.outcome else []
            for row in group
        ]

    def weights(self, mask: Tensor, extent: Extent) -> Tensor:
        """1 / T."""
        return token_mean(mask, extent)

    def loss(self, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        """The clipped surrogate."""
        return clipped(batch, self.config.clip_eps_low, self.config.clip_eps_high)


def set_advantages(n: int, wrong: int, k: int) -> tuple[float, float]:
    """(advantage of a right candidate, of a wrong one) among `n` in sets of `k`."""
    k = min(k, n)
    mean = 1 - comb(wrong, k) / comb(n, k) if n else 0.0
    if mean <= 0 or mean >= 1:
        return 0.0, 0.0
    scale = sqrt(mean * (1 - mean))
    lost = comb(wrong - 1, k - 1) / comb(n - 1, k - 1)
    return (1 - mean) / scale, (1 - mean - lost) / scale
