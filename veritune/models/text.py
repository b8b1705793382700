"""Between text and token ids, for one model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from veritune.errors import ModelError
from veritune.records import Message

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# A token by itself in nearly every vocabulary, and not changed by what follows.
ANCHOR = "a"


def encode_prompt(tokenizer: PreTrainedTokenizerBase, prompt: str | Sequence[Message]) -> list[int]:
    """Token ids of a prompt: plain text, or chat messages through the model's chat template.

    Messages that end with the assistant's turn are continued inside it.
    Raises `ModelError` for text that the tokenizer has no tokens for.
    """
    try:
        if isinstance(prompt, str):
            ids = list(tokenizer(prompt)["input_ids"])
        else:
            ids = _encode_chat(tokenizer, prompt)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"prompt {_excerpt(prompt)}: cannot be encoded ({error})") from None
    while len(ids) > 1 and ids[-1] == tokenizer.eos_token_id and isinstance(prompt, str):
        ids.pop()  # Some tokenizers end every text; a prompt is not at its end.
    if not ids:
        raise ModelError(f"prompt {_excerpt(prompt)}: has no tokens; give a text that is not empty")
    if tokenizer.unk_token_id is not None and tokenizer.unk_token_id in ids:
        raise ModelError(f"prompt {_excerpt(prompt)}: holds text outside the model's vocabulary")
    return ids


def eos_ids(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Every token that ends a candidate, whether model, generation config or tokenizer says so."""
    sources = [tokenizer, model.config, getattr(model, "generation_config", None)]
    found: set[int] = set()
    for source in sources:
        value = getattr(source, "eos_token_id", None)
        found |= {value} if isinstance(value, int) else set(value or ())
    return found


def completion_texts(
    tokenizer: PreTrainedTokenizerBase, completions: Sequence[Sequence[int]]
) -> list[str]:
    """Texts of completions as they continue a prompt: special tokens dropped, blanks kept.

    Sentence-piece decoders strip a text's first blank, so each is decoded behind an anchor.
    """
    if not completions:  # Which the tokenizer would take for one that is empty.
        return []
    anchor = (
        list(tokenizer(ANCHOR, add_special_tokens=False)["input_ids"]) if _strips(tokenizer) else []
    )
    texts = tokenizer.batch_decode(
        [[*anchor, *ids] for ids in completions],
        skip_special_tokens=True,
        clean_up_tokenization_spaces=False,
    )
    return [text[len(ANCHOR) :] for text in texts] if anchor else list(texts)


def _strips(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether a token that begins with a blank loses it when decoded first."""
    try:
        ids = list(tokenizer(f"{ANCHOR} {ANCHOR}", add_special_tokens=False)["input_ids"])
    except Exception:  # An alphabet without the anchor: one token a character, nothing stripped.
        return False
    return len(ids) > 1 and tokenizer.decode(ids[1:]) == ANCHOR


def _encode_chat(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[int]:
    if not tokenizer.chat_template:
        raise ModelError(
            "prompts are chat messages but the model's tokenizer has no chat template; "
            "use an instruct model or plain text prompts"
        )
    begun = messages[-1]["role"] == "assistant"
    ids = tokenizer.apply_chat_template(
        cast("list[dict[str, str]]", list(messages)),
        add_generation_prompt=not begun,
        continue_final_message=begun,
        tokenize=True,
        return_dict=False,
    )
    # One chat, tokenised: of all that the annotation allows it gives a list of ids.
    return list(cast("list[int]", ids))


def _excerpt(prompt: object) -> str:
    text = repr(prompt)
    return text if len(text) <= 60 else f"{text[:57]}..."
