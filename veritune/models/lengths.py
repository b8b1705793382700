"""How many tokens prompts are for a model that is not loaded: its config and tokenizer are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.config import ScratchConfig
from veritune.errors import ModelError
from veritune.models.hashing import adapter_base
from veritune.models.hub import model_folder
from veritune.models.scratch import PRINTABLE, character_tokenizer
from veritune.models.text import encode_problem
from veritune.models.tokenizers import load_tokenizer
from veritune.models.transformers_logging import silence_transformers
from veritune.records import Problem

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerBase

# What a model that names no limit is taken to read: a million tokens are beyond all memory.
UNLIMITED = 1 << 20


@dataclass(frozen=True, slots=True)
class PromptLengths:
    """How a model counts prompts: its tokenizer, and the most tokens that it reads, prompt and
    completion together."""

    tokenizer: PreTrainedTokenizerBase
    longest: int

    def fits(self, problem: Problem) -> bool:
        """Whether there is room for a completion of the prompt."""
        return not self.overlong([problem])

    def overlong(self, problems: Iterable[Problem]) -> dict[str, int]:
        """The tokens of the prompts that leave no room for a completion, by problem id.

        Raises `ModelError` for a prompt that the tokenizer has no tokens for.
        """
        lengths = {p.id: len(encode_problem(self.tokenizer, p)) for p in problems}
        return {id: tokens for id, tokens in lengths.items() if tokens >= self.longest}


def longest_text(shape: PretrainedConfig) -> int:
    """The most tokens that the model of a (text) config reads."""
    return int(getattr(shape, "max_position_embeddings", None) or UNLIMITED)


def prompt_lengths(model: str | Path | ScratchConfig) -> PromptLengths:
    """Of a model's or an adapter's folder, of a hub name, or of a model built from nothing.

    Raises `ModelError` where config or tokenizer cannot be read.
    """
    if isinstance(model, ScratchConfig):
        return PromptLengths(character_tokenizer(PRINTABLE, model.max_length), model.max_length)
    from transformers import AutoConfig

    folder = model_folder(model)
    if (base := adapter_base(folder)) is not None:
        folder = model_folder(base)
    with silence_transformers():
        try:
            shape = AutoConfig.from_pretrained(folder).get_text_config()
        except Exception as error:
            cause = str(error).strip().partition("\n")[0][:200]
            raise ModelError(f"{folder}: config.json cannot be loaded ({cause})") from None
        return PromptLengths(load_tokenizer(folder, int(shape.vocab_size)), longest_text(shape))
