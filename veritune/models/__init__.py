"""Causal language models and their tokenizers: build, load, save, name by content."""

from typing import TYPE_CHECKING

from veritune.lazy import lazily
from veritune.models.adapters import adapter_rank, merge_adapter, save_adapter, share_base
from veritune.models.checkpoints import (
    remove_abandoned,
    remove_folder,
    remove_leftovers,
    save_policy,
    whole_folder,
)
from veritune.models.forward import (
    adapter_off,
    in_pieces,
    keeping,
    merged,
    output_head,
    plain,
)
from veritune.models.hashing import (
    WEIGHTS,
    adapter_base,
    generation_settings,
    model_shape,
    policy_hash,
)
from veritune.models.held import HeldPolicy
from veritune.models.hub import has_chat_template, model_folder
from veritune.models.loading import check_parts, load_policy
from veritune.models.manifest import (
    MANIFEST,
    Manifest,
    check_folder,
    check_saved,
    folder_manifest,
    made_by,
    read_manifest,
)
from veritune.models.scratch import build_scratch
from veritune.models.text import completion_texts, encode_problem, encode_prompt, eos_ids
from veritune.models.token_ends import span_at, token_ends

if TYPE_CHECKING:
    from veritune.models.activations import checkpoint_activations
    from veritune.models.chunks import IGNORED, chunk_size
    from veritune.models.conventions import (
        CONVENTIONS,
        Convention,
        PublishedModel,
        Texts,
        convention_of,
        laid_out,
        load_published,
    )
    from veritune.models.fetching import FETCHED, fetch_model
    from veritune.models.giving_back import give_memory_back
    from veritune.models.head import (
        EntropyUse,
        States,
        is_plain_head,
        logprobs_of,
        read_states,
        token_scores,
        weighted_loss,
    )
    from veritune.models.lengths import PromptLengths, longest_text, prompt_lengths
    from veritune.models.linear import packed, prefers_onednn, product
    from veritune.models.masters import STATE, load_trainable, save_trained
    from veritune.models.reward import (
        KIND_FILE,
        RewardKind,
        RewardModel,
        TokenSpan,
        fresh_reward_model,
        load_reward_model,
        save_reward_model,
    )
    from veritune.models.sizes import ModelSizes, read_sizes
    from veritune.models.tokenizers import load_reading_tokenizer
    from veritune.models.value import (
        head_values,
        hidden_states,
        load_head,
        reading_at,
        save_head,
        value_head,
    )
else:
    __getattr__ = lazily(
        __name__,
        {
            "activations": ("checkpoint_activations",),
            "chunks": (
                "IGNORED",
                "chunk_size",
            ),
            "conventions": (
                "CONVENTIONS",
                "Convention",
                "PublishedModel",
                "Texts",
                "convention_of",
                "laid_out",
                "load_published",
            ),
            "fetching": (
                "FETCHED",
                "fetch_model",
            ),
            "giving_back": ("give_memory_back",),
            "head": (
                "EntropyUse",
                "States",
                "is_plain_head",
                "logprobs_of",
                "read_states",
                "token_scores",
                "weighted_loss",
            ),
            "lengths": (
                "PromptLengths",
                "longest_text",
                "prompt_lengths",
            ),
            "linear": (
                "packed",
                "prefers_onednn",
                "product",
            ),
            "masters": (
                "STATE",
                "load_trainable",
                "save_trained",
            ),
            "reward": (
                "KIND_FILE",
                "RewardKind",
                "RewardModel",
                "TokenSpan",
                "fresh_reward_model",
                "load_reward_model",
                "save_reward_model",
            ),
            "sizes": (
                "ModelSizes",
                "read_sizes",
            ),
            "tokenizers": ("load_reading_tokenizer",),
            "value": (
                "head_values",
                "hidden_states",
                "load_head",
                "reading_at",
                "save_head",
                "value_head",
            ),
        },
    )

__all__ = [
    "CONVENTIONS",
    "FETCHED",
    "IGNORED",
    "KIND_FILE",
    "MANIFEST",
    "STATE",
    "WEIGHTS",
    "Convention",
    "EntropyUse",
    "HeldPolicy",
    "Manifest",
    "ModelSizes",
    "PromptLengths",
    "PublishedModel",
    "RewardKind",
    "RewardModel",
    "States",
    "Texts",
    "TokenSpan",
    "adapter_base",
    "adapter_off",
    "adapter_rank",
    "build_scratch",
    "check_folder",
    "check_parts",
    "check_saved",
    "checkpoint_activations",
    "chunk_size",
    "completion_texts",
    "convention_of",
    "encode_problem",
    "encode_prompt",
    "eos_ids",
    "fetch_model",
    "folder_manifest",
    "fresh_reward_model",
    "generation_settings",
    "give_memory_back",
    "has_chat_template",
    "head_values",
    "hidden_states",
    "in_pieces",
    "is_plain_head",
    "keeping",
    "laid_out",
    "load_head",
    "load_policy",
    "load_published",
    "load_reading_tokenizer",
    "load_reward_model",
    "load_trainable",
    "logprobs_of",
    "longest_text",
    "made_by",
    "merge_adapter",
    "merged",
    "model_folder",
    "model_shape",
    "output_head",
    "packed",
    "plain",
    "policy_hash",
    "prefers_onednn",
    "product",
    "prompt_lengths",
    "read_manifest",
    "read_sizes",
    "read_states",
    "reading_at",
    "remove_abandoned",
    "remove_folder",
    "remove_leftovers",
    "save_adapter",
    "save_head",
    "save_policy",
    "save_reward_model",
    "save_trained",
    "share_base",
    "span_at",
    "token_ends",
    "token_scores",
    "value_head",
    "weighted_loss",
    "whole_folder",
]
