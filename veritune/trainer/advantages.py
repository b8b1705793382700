"""Advantages: how much better a token did than was to be expected.

Tensors are (batch, length) over completion tokens, left-aligned; `mask` is 1 on them and 0 on
padding, whatever stands there. Nothing here carries a gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import torch

Baseline = Literal["rloo", "grpo", "dr_grpo"]
# As in the GRPO paper's code and TRL: it bounds the advantage in a group of nearly equal rewards.
GRPO_EPSILON = 1e-4


def gae(
    rewards: torch.Tensor,
    values: torch.Tensor,
    mask: torch.Tensor,
    last_values: torch.Tensor,
    *,
    gamma: float,
    lam: float,
) -> torch.Tensor:
    """Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, equation 16).

    A_t = delta_t + gamma lam A_(t+1),  delta_t = r_t + gamma V(s_(t+1)) - V(s_t).

    `values` (batch, length) are V(s_t), before token t is sampled. `last_values` (batch,) are V
    after the last token: 0 where the episode ends there. With `lam` 1 and values 0 it yields
    Monte-Carlo returns.
    """
    import torch

    inside = mask.bool()
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_values)
    following = last_values
    # From the last token back; what stands on padding changes neither sum.
    for t in range(rewards.shape[1] - 1, -1, -1):
        here = inside[:, t]
        delta = rewards[:, t] + gamma * following - values[:, t]
        running = torch.where(here, delta + gamma * lam * running, running)
        following = torch.where(here, values[:, t], following)
        advantages[:, t] = torch.where(here, running, torch.zeros_like(running))
    return advantages


def whiten(x: torch.Tensor, mask: torch.Tensor, epsilon: float = 1e-8) -> torch.Tensor:
    """(x - mean) / sqrt(variance + epsilon) over all masked-in entries of the whole batch.

    The variance is that of the entries themselves (no Bessel correction); padding becomes 0.
    """
    import torch

    inside = mask.bool()
    chosen = x[inside]
    # Epsilon under the root: equal advantages give 0, and no division by 0.
    spread = (chosen.var(correction=0) + epsilon).sqrt()
    return torch.where(inside, (x - chosen.mean()) / spread, torch.zeros_like(x))


def center(
    values: Sequence[Sequence[float]], baseline: Baseline, *, epsilon: float = GRPO_EPSILON
) -> list[list[float]]:
    """The rewards of one group less their baseline; `values[i]` are those of candidate i.

    With one reward a candidate (the outcome) that is, for reward R_i of n,

        rloo     R_i - mean of the others'        (Ahmadian et al. 2024, arXiv 2402.14740)
        grpo     (R_i - mean) / (std + epsilon)   (Shao et al. 2024, arXiv 2402.03300)
        dr_grpo  R_i - mean                       (Liu et al. 2025, arXiv 2503.20783)

    With several (one a step) mean and std go over all rewards of the group, as in section 4.1.3
    of the GRPO paper; rloo leaves out all of candidate i's own. std has Bessel's correction.
    A group in which nobody else has a reward yields 0.
    """
    flat = np.array([value for row in values for value in row], np.float64)
    if baseline == "rloo":
        return [_without_own(row, flat) for row in values]
    # A mean over oneself alone says nothing of oneself.
    if len([row for row in values if row]) < 2:
        return [[0.0] * len(row) for row in values]
    mean, scale = flat.mean(), 1.0
    if baseline == "grpo":
        scale = flat.std(ddof=1) + epsilon
    return [[float((value - mean) / scale) for value in row] for row in values]


def _without_own(
    row: Sequence[float], flat: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> list[float]:
    others = len(flat) - len(row)
    if others == 0:
        return [0.0] * len(row)
    mean = (flat.sum() - sum(row)) / others
    return [float(value - mean) for value in row]
