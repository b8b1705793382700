"""Math-Shepherd: the logits of `+` and `-` at a tag behind every step of plain text.

Source: the card of peiyi9979/math-shepherd-mistral-7b-prm (Wang et al. 2024, arXiv 2312.08935).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from veritune.models.conventions.convention import Laid, Texts, pair_alone, places_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# As its model card has them; `ки` is one token of Mistral's vocabulary that no English text holds.
TEXTS = Texts(tag="ки", good="+", bad="-", before="Step {k}: ")


def pair(tokenizer: PreTrainedTokenizerBase, texts: Texts) -> tuple[int, int]:
    """Each token as it stands in a text of both, with a blank before the second."""
    both = tokenizer.encode(f"{texts.good} {texts.bad}", add_special_tokens=False)
    return (both[0], both[1]) if len(both) == 2 else pair_alone(tokenizer, texts)


def lay_out(
    tokenizer: PreTrainedTokenizerBase, texts: Texts, problem: str, steps: Sequence[str]
) -> Laid:
    """`PROBLEM Step 1: ... TAG`, a line a step; a step that has its number gets none."""
    lines = []
    for number, step in enumerate(steps, 1):
        before = texts.before.format(k=number)
        start = "" if before.strip() and step.startswith(before.strip()) else before
        lines.append(f"{start}{step} {texts.tag}")
    ids = tokenizer.encode(f"{problem} " + "\n".join(lines))
    # The tag's last token, as the published code takes it: " ки" may be one token or several.
    tag = tokenizer.encode(texts.tag)[-1]
    return ids, places_of(ids, tag, len(steps))
