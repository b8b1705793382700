"""Skywork-o1-Open-PRM: a value head at the line end behind every step.

Source: github.com/SkyworkAI/skywork-o1-prm-inference, model_utils/io_utils.py (`prepare_input`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from veritune.models.conventions.convention import Laid, Texts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEXTS = Texts(tag="\n")


def lay_out(
    tokenizer: PreTrainedTokenizerBase, texts: Texts, problem: str, steps: Sequence[str]
) -> Laid:
    """Problem and steps are tokenised each by itself, the tag's last token behind each step."""
    tag = tokenizer.encode(texts.tag)[-1]
    ids = list(tokenizer.encode(f"{tokenizer.bos_token or ''}{problem}\n"))
    places = []
    for step in steps:
        ids += [*tokenizer.encode(step), tag]
        places.append(len(ids) - 1)
    return ids, places
