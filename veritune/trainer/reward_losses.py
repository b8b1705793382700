"""The losses of reward models, summed over rows; each in nats."""

from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid


def preference_loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """Bradley-Terry:  -sum log sigmoid(r(chosen) - r(rejected)).

    `chosen` and `rejected` are (pairs,). Bradley & Terry 1952; Ouyang et al. 2022, arXiv
    2203.02155, equation 1.
    """
    return -logsigmoid(chosen - rejected).sum()


def classification_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy:  -sum y log sigmoid(z) + (1 - y) log sigmoid(-z).

    `logits` and `labels` are of one shape; labels in [0, 1] may be soft. One number a solution
    (Cobbe et al. 2021, arXiv 2110.14168) or one a step (Lightman et al. 2023, arXiv 2305.20050).
    """
    return binary_cross_entropy_with_logits(logits, labels, reduction="sum")
