"""Correcting for what sampled where that is not the policy that is trained.

Two reasons, one weight: an engine with other arithmetic than the trainer's, and the policy of an
earlier round (`rounds.overlap`). Per token, with p the policy as the trainer computes it when the
round begins and q as it was sampled with,

    c_t = min(p(y_t) / q(y_t), cap)        truncated importance sampling (Yao et al. 2025,
          "Your Efficient RL Framework Secretly Brings You Off-Policy RL Training"); of an older
          policy, the behaviour's ratio beside PPO's own to p (Fu et al. 2025, arXiv 2505.24298)
    c_t = 0 for all t of a candidate with |1/|y| sum_t log p(y_t) / q(y_t)| > window
          a mask by the geometric mean of a sequence's ratios (Liu et al. 2025, "When Speed Kills
          Stability"; Zheng et al. 2025, arXiv 2507.18071)

Engines report log-probabilities at temperature 1, whatever they sampled at. There the ratio is
taken, and raised to 1 / temperature: exact at 1, and elsewhere up to the change of the
normalisation, which is small where the two agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from veritune.config import RlConfig
from veritune.errors import TrainingError
from veritune.trainer.losses import truncated_importance
from veritune.trainer.policies import Policies
from veritune.trainer.rollouts import pad_rows
from veritune.trainer.rows import TokenRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def importance_weights(
    policies: Policies,
    model: PreTrainedModel,
    rows: Sequence[TokenRow],
    logprobs: torch.Tensor,
    mask: torch.Tensor,
    config: RlConfig,
    temperature: float,
) -> tuple[torch.Tensor, dict[str, float]]:
    """(c_t (rows, width), figures); `logprobs` are the trainer's at `temperature`.

    Figures: `importance`, the mean ratio; `importance_masked`, the share of candidates that are
    masked. Raises `TrainingError` for candidates that come without log-probabilities.
    """
    engine = [row.engine_logprobs for row in rows]
    if any(row is None for row in engine):
        raise TrainingError("trainer.importance_cap needs candidates with log-probabilities")
    sampled = pad_rows([row or [] for row in engine], mask.shape[1])
    if temperature != 1.0:
        # Engines tell log-probabilities at temperature 1; ours are at the sampling temperature.
        raw = policies.logprobs(model, rows, mask.shape[1], 1.0)
        logprobs = sampled + (raw - sampled) / temperature
    weights = truncated_importance(logprobs, sampled, config.importance_cap or 0.0, mask)
    # A mean, not a sum: a long candidate is not suspect for its length.
    mean = (mask * (logprobs - sampled)).sum(1) / mask.sum(1).clamp(min=1)
    inside = torch.ones_like(mean)
    if config.importance_window:
        inside = (mean.abs() <= config.importance_window).float()
    ratio = float((weights * mask).sum() / mask.sum())
    metrics = {"importance": ratio, "importance_masked": float(1 - inside.mean())}
    return weights * inside[:, None], metrics
