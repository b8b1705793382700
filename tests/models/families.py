"""Tiny models of many families, with a BPE tokenizer that is trained here and a chat template."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from veritune.models import policy_hash
from veritune.records import Checkpoint

TEXT = "What is 12 + 7? The answer is 19. Let me think: 3 * 4 = 12, so \\boxed{12}.\n" * 40
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Rows of the embedding beyond the tokenizer's, as many published models have.
PADDED = 8


@cache
def tokenizer() -> transformers.PreTrainedTokenizerFast:
    """A byte-level BPE, trained on a few sentences."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator([TEXT], trainer)
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    made.chat_template = CHATML
    return made


SHAPE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 24}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen2": ("Qwen2", {}),
    "qwen2.5": ("Qwen2", {"tie_word_embeddings": True, "rope_theta": 1e6}),
    "qwen3": ("Qwen3", {"head_dim": 16, "tie_word_embeddings": True}),
    "llama3": ("Llama", {"rope_theta": 5e5}),
    "smollm2": ("Llama", {"tie_word_embeddings": True, "num_key_value_heads": 4}),
    "gemma": ("Gemma", {"head_dim": 8}),
    "gemma2": ("Gemma2", {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 16}),
    "phi": ("Phi", {}),
    "phi3": ("Phi3", {"pad_token_id": 0}),
    "mistral": ("Mistral", {"sliding_window": 16}),
    "gpt-neox": ("GPTNeoX", {"num_key_value_heads": None, "rotary_pct": 0.25}),
    "olmo": ("Olmo", {}),
    "olmo2": ("Olmo2", {}),
    "qwen3-moe": ("Qwen3Moe", EXPERTS | {"head_dim": 8, "num_experts": 4}),
    "mixtral": ("Mixtral", {"num_experts_per_tok": 2, "num_local_experts": 4}),
}


def save_family(name: str, folder: Path) -> Checkpoint:
    """A random model of the family, saved as transformers saves it."""
    family, more = FAMILIES[name]
    words = tokenizer()
    keys = {key: value for key, value in (SHAPE | more).items() if value is not None}
    config_of: Callable[..., Any] = getattr(transformers, f"{family}Config")
    config = config_of(
        vocab_size=len(words) + PADDED,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        **({"pad_token_id": words.pad_token_id} | keys),
    )
    torch.manual_seed(7)
    model = getattr(transformers, f"{family}ForCausalLM")(config).eval()
    with torch.no_grad():  # So that the next token is no toss-up between all of them.
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(6.0)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return Checkpoint(path=str(folder), policy=policy_hash(folder))
