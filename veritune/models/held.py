"""A policy that a trainer has in memory, for a sampler in the same process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """What was saved as `policy`: it is this as long as nobody trains the model on."""

    policy: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
