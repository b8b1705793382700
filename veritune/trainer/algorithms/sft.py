"""Supervised fine-tuning: maximum likelihood of completions, given their prompts.

    loss = - sum over examples (x, y) of w sum_t log pi(y_t | x, y_<t) / sum over examples of w |y|

the mean over the batch's completion tokens; the prompt and padding carry no loss. Over verified
candidates this is rejection-sampling fine-tuning (RFT, Yuan et al. 2023, arXiv 2308.01825) and the
improve step of ReST-EM (Singh et al. 2023, arXiv 2312.06585). Every example is a signal; a problem
of which no candidate passed has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from veritune.config import SftConfig
from veritune.trainer.likelihood import completion_loss
from veritune.trainer.packing import packed_loss
from veritune.trainer.rows import TokenRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class Sft:
    """The loss above, of a model's examples."""

    config: SftConfig

    def loss(
        self, model: PreTrainedModel, rows: Sequence[TokenRow]
    ) -> tuple[torch.Tensor, dict[str, float]]:
        """(weighted sum over completion tokens, no figures)."""
        config = self.config
        if config.packing:
            return packed_loss(model, rows, config.packing, fp32=config.fp32_head), {}
        return completion_loss(model, rows, fp32=config.fp32_head), {}
