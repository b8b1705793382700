"""Between text and token ids, for one model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from veritune.errors import ModelError
from veritune.records import Message, Problem
from veritune.text import one_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# A token by itself in nearly every vocabulary, and not changed by what follows.
ANCHOR = "a"
NO_KWARGS: Mapping[str, object] = MappingProxyType({})


def encode_problem(tokenizer: PreTrainedTokenizerBase, problem: Problem) -> list[int]:
    """Token ids of what a model is given of a problem; see `encode_prompt`."""
    return encode_prompt(
        tokenizer,
        problem.prompt,
        prefill=problem.prefill,
        template_kwargs=problem.template_kwargs,
    )


def encode_prompt(
    tokenizer: PreTrainedTokenizerBase,
    prompt: str | Sequence[Message],
    *,
    prefill: str = "",
    template_kwargs: Mapping[str, object] = NO_KWARGS,
) -> list[int]:
    """Token ids of a prompt: plain text, or chat messages through the model's chat template, which
    is given `template_kwargs`; behind it `prefill`, which the model continues.

    Messages that end with the assistant's turn are continued inside it.
    Raises `ModelError` for text that the tokenizer has no tokens for.
    """
    try:
        if isinstance(prompt, str):
            ids = list(tokenizer(prompt + prefill)["input_ids"])
        else:
            text = _chat_text(tokenizer, prompt, template_kwargs)
            ids = list(tokenizer(text + prefill, add_special_tokens=False)["input_ids"])
    except ModelError:
        raise
    except Exception as error:
        why = one_line(str(error))
        raise ModelError(f"prompt {_excerpt(prompt)}: cannot be encoded ({why})") from None
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


def _chat_text(
    tokenizer: PreTrainedTokenizerBase,
    messages: Sequence[Message],
    template_kwargs: Mapping[str, object] = NO_KWARGS,
) -> str:
    """Messages through the model's chat template, up to where the model is to write."""
    if not tokenizer.chat_template:
        raise ModelError(
            "prompts are chat messages but the model's tokenizer has no chat template; "
            "use an instruct model or plain text prompts"
        )
    for name in template_kwargs:
        if not re.search(rf"\b{re.escape(name)}\b", str(tokenizer.chat_template)):
            raise ModelError(
                f"prompt.template_kwargs.{name}: the model's chat template has no such argument"
            )
    begun = messages[-1]["role"] == "assistant"
    render: Any = tokenizer.apply_chat_template  # Whose own arguments no recipe can name.
    return str(
        render(
            list(messages),
            add_generation_prompt=not begun,
            continue_final_message=begun,
            tokenize=False,
            **template_kwargs,
        )
    )


def _excerpt(prompt: object) -> str:
    text = repr(prompt)
    return text if len(text) <= 60 else f"{text[:57]}..."
