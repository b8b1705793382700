"""RLHFlow: a chat in which every step is a user's turn, and `+` or `-` is the assistant's.

The chance is read where the assistant's token is predicted, with `+` in all turns before, as in the
published evaluation (github.com/RLHFlow/RLHF-Reward-Modeling, math-rm/prm_evaluate.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from veritune.errors import ModelError
from veritune.models.conventions.convention import Laid, Texts, chat_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEXTS = Texts(good="+", bad="-")


def lay_out(
    tokenizer: PreTrainedTokenizerBase, texts: Texts, problem: str, steps: Sequence[str]
) -> Laid:
    """The problem stands before the first step, in the same turn."""
    chat: list[dict[str, str]] = []
    places: list[int] = []
    ids: list[int] = []
    for number, step in enumerate(steps):
        content = f"{problem} {step}" if number == 0 else step
        chat.append({"role": "user", "content": content})
        opened = chat_ids(tokenizer, chat, open_turn=True)
        if opened[: len(ids)] != ids:
            raise ModelError(
                "reward model: its chat template rewrites earlier turns, so steps cannot be read"
                " at their turns"
            )
        ids = opened
        places.append(len(ids) - 1)
        chat.append({"role": "assistant", "content": texts.good})
    return ids, places
