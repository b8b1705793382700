"""A tiny chat model that says one thing, with probabilities that are known.

What it says next depends on its last token alone: no attention, and a head that holds the
logarithms of the chances.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

# The chance of calling the answer right, and of finding no error, of every reply.
RIGHT, NONE = 0.75, 0.6
_CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|judge|>{% endif %}"
)
_SPECIAL = ("<|im_end|>", "<|im_start|>", "<|judge|>")
# As a byte-level vocabulary writes blanks and line ends.
_STEP, _ANSWER, _BOX, _CLOSED = "STEPĠ1:Ġcorrect", "ĊANSWER:", "Ċ\\boxed{", "}."
_SAYS: dict[str, dict[str, float]] = {
    "<|judge|>": {_STEP: 1.0},
    _STEP: {_ANSWER: 1.0},
    _ANSWER: {"Ġcorrect": RIGHT, "Ġincorrect": 1 - RIGHT},
    "Ġcorrect": {_BOX: 1.0},
    "Ġincorrect": {_BOX: 1.0},
    _BOX: {"-1": NONE, "0": 1 - NONE},
    "-1": {_CLOSED: 1.0},
    "0": {_CLOSED: 1.0},
    _CLOSED: {"<|im_end|>": 1.0},
}
# Of what is never said.
_LOW = -40.0


def save_judge(folder: Path, length: int = 4096) -> Path:
    """Write it as a Hugging Face folder."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    ids = tokenizer.get_vocab()
    config = LlamaConfig(
        vocab_size=len(ids),
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=length,
        eos_token_id=ids["<|im_end|>"],
        bos_token_id=None,
        pad_token_id=None,
        tie_word_embeddings=False,
    )
    model: Any = LlamaForCausalLM(config)
    width = config.hidden_size
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.zero_()
        model.model.embed_tokens.weight[:, width - 1] = 1
        model.lm_head.weight.fill_(_LOW / math.sqrt(width))
        for place, (before, after) in enumerate(_SAYS.items()):
            model.model.embed_tokens.weight[ids[before]] = torch.eye(width)[place]
            for said, chance in after.items():
                # The last norm makes of a row with a single 1 one with the root of the width.
                model.lm_head.weight[ids[said], place] = math.log(chance) / math.sqrt(width)
    model.generation_config.eos_token_id = ids["<|im_end|>"]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    said = dict.fromkeys(word for after in _SAYS.values() for word in after)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = dict.fromkeys([*letters, *(word for word in said if word not in _SPECIAL)])
    inner = Tokenizer(models.BPE({word: at for at, word in enumerate(words)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, clean_up_tokenization_spaces=False, eos_token=_SPECIAL[0]
    )
    made.add_special_tokens({"additional_special_tokens": list(_SPECIAL[1:])})
    made.chat_template = _CHAT
    return made
