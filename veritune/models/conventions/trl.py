"""TRL's `PRMTrainer`: two classes of a token classifier at the separator behind every step.

Source: `PRMTrainer.tokenize_row` of TRL 0.12 to 0.24, with its default separator, a line end.
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
    """Prompt and steps are tokenised each by itself; the last token of a separator is read."""
    separator = tokenizer.encode(texts.tag, add_special_tokens=False)
    ids = list(tokenizer(problem, add_special_tokens=False)["input_ids"])
    if tokenizer.bos_token_id is not None:
        ids = [tokenizer.bos_token_id, *ids]
    places = []
    for step in steps:
        ids += [*tokenizer(step, add_special_tokens=False)["input_ids"], *separator]
        places.append(len(ids) - 1)
    return ids, places
