"""A small model in a real architecture, built from nothing, with a character tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veritune.config import ScratchConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

# The newline, and ASCII from the blank to the tilde.
PRINTABLE = "\n" + "".join(map(chr, range(32, 127)))
# Symbols that no problem text holds, so that text can never be read as a special token.
PAD, EOS = "\u2400", "\u2404"

INITIALIZER_RANGE = 0.05
# Found by measuring: with transformers' defaults (0.02 and 10,000), which are made for large
# models and long texts, small models on short texts learn far more slowly.
ROPE_THETA = 20.0


def build_scratch(
    config: ScratchConfig, seed: int, characters: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """A float32 Qwen2 or Llama with fresh weights that follow from `seed` alone.

    `characters` is the tokenizer's alphabet, printable ASCII and the newline where left out.
    There is no unknown token: text outside the alphabet cannot be encoded.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    from veritune.models.linear import use_onednn

    tokenizer = character_tokenizer(characters or PRINTABLE, config.max_length)
    shape = _shape(config, tokenizer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: PreTrainedModel
        if config.architecture == "qwen2":
            model = Qwen2ForCausalLM(Qwen2Config(**shape))
        else:
            model = LlamaForCausalLM(LlamaConfig(**shape))
    use_onednn(model)
    model.train(False)
    return model, tokenizer


def character_tokenizer(characters: str, max_length: int) -> PreTrainedTokenizerFast:
    """One token a character, after the special tokens for padding and the end."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = [PAD, EOS, *dict.fromkeys(characters)]
    inner = Tokenizer(models.WordLevel({text: id for id, text in enumerate(alphabet)}))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("(?m:.)"), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=PAD,
        eos_token=EOS,
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
    )


def _shape(config: ScratchConfig, tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": config.width,
        "intermediate_size": 3 * config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads,
        "initializer_range": INITIALIZER_RANGE,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROPE_THETA},
        "max_position_embeddings": config.max_length,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
