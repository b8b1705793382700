"""Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290, equation 7).

For a prompt x with a better completion y+ and a worse one y-, minimises

    -log sigmoid(m),   m = beta (log pi(y+|x)/ref(y+|x) - log pi(y-|x)/ref(y-|x))

as the mean over pairs; `ref` is the policy that the training starts from. With label smoothing e it
is  -(1 - e) log sigmoid(m) - e log sigmoid(-m)  (Mitchell 2023), and with `rpo_alpha` the mean over
pairs of  -rpo_alpha log pi(y+|x) / |y+|  is added (RPO: Pang et al. 2024, arXiv 2404.19733,
equation 2). No signal from a problem whose candidates all passed, or all failed: there is no pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import logsigmoid

from veritune.config import DpoConfig
from veritune.trainer.likelihood import completion_logprobs
from veritune.trainer.rows import PairRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Dpo:
    """The loss above, of a model's pairs."""

    config: DpoConfig

    def loss(
        self, model: PreTrainedModel, rows: Sequence[PairRow]
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """(sum over pairs, summed figures: pairs the right way round, and margins)."""
        config = self.config
        both = [*(row.chosen for row in rows), *(row.rejected for row in rows)]
        chosen, rejected = completion_logprobs(model, both, fp32=config.fp32_head).split(len(rows))
        reference = torch.tensor([row.reference for row in rows], device=chosen.device)
        margin = config.beta * (chosen - rejected - reference)
        smooth = config.label_smoothing
        loss = -(1 - smooth) * logsigmoid(margin) - smooth * logsigmoid(-margin)
        if config.rpo_alpha:
            lengths = torch.tensor([row.chosen.length for row in rows], device=chosen.device)
            loss = loss - config.rpo_alpha * chosen / lengths
        metrics = {
            "accuracy": float((margin > 0).sum().item()),
            "margin": float(margin.detach().sum().item()),
            "chosen_logprob": float(chosen.detach().sum().item()),
        }
        return loss.sum(), metrics
