"""Qwen2.5-Math-PRM: two classes at `<extra_0>` behind every step of the assistant's turn.

Source: the card of Qwen/Qwen2.5-Math-PRM-7B (Zhang et al. 2025, arXiv 2501.07301).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from veritune.models.conventions.convention import Laid, Texts, chat_ids, only_token, places_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEXTS = Texts(
    tag="<extra_0>",
    system="Please reason step by step, and put your final answer within \\boxed{}.",
)


def lay_out(
    tokenizer: PreTrainedTokenizerBase, texts: Texts, problem: str, steps: Sequence[str]
) -> Laid:
    """A chat of system, problem, and all steps with the tag behind each."""
    messages = [{"role": "system", "content": texts.system}] if texts.system else []
    messages += [
        {"role": "user", "content": problem},
        {"role": "assistant", "content": "".join(step + texts.tag for step in steps)},
    ]
    ids = chat_ids(tokenizer, messages, open_turn=False)
    return ids, places_of(ids, only_token(tokenizer, texts.tag), len(steps))
