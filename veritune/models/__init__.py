"""Causal language models and their tokenizers: build, load, save, name by content."""

from veritune.models.adapters import merge_adapter, save_adapter
from veritune.models.checkpoints import save_policy
from veritune.models.hashing import policy_hash
from veritune.models.hub import has_chat_template, model_folder
from veritune.models.loading import load_policy
from veritune.models.scratch import build_scratch
from veritune.models.text import completion_texts, encode_prompt, eos_ids

__all__ = [
    "build_scratch",
    "completion_texts",
    "encode_prompt",
    "eos_ids",
    "has_chat_template",
    "load_policy",
    "merge_adapter",
    "model_folder",
    "policy_hash",
    "save_adapter",
    "save_policy",
]
