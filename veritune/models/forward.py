"""Parts of a causal LM's forward pass, the same for plain models and for PEFT's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def keeping(model: PreTrainedModel, keep: Any) -> dict[str, Any]:
    """The arguments that make `model` compute logits only for the last `keep` positions.

    Empty for a model that cannot: it computes them all, so take the last `keep` in any case.
    """
    known = "logits_to_keep" in inspect.signature(plain(model).forward).parameters
    return {"logits_to_keep": keep} if known else {}


def plain(model: PreTrainedModel) -> Any:
    """The causal LM itself, which holds its adapter's layers where it has any."""
    base: Callable[[], PreTrainedModel] | None = getattr(model, "get_base_model", None)
    return model if base is None else base()


def hidden_states(model: PreTrainedModel, ids: Any, **inputs: Any) -> Any:
    """(rows, length, hidden size): what the output embeddings would read.

    Padding stands behind the rows' ends, where causal attention hides it from every token; other
    layouts come with their `inputs`.
    """
    if not in_pieces(model):
        return plain(model).base_model(input_ids=ids, use_cache=False, **inputs).last_hidden_state
    import torch

    from veritune.models.value import reading_at

    # Pieces are gathered where the whole model is called, and nowhere else.
    every = torch.arange(ids.numel(), device=ids.device)
    with reading_at(model, every, bare=True) as seen:
        empty = model(input_ids=ids, use_cache=False, **inputs).logits
    return (seen[0] + empty.sum()).view(*ids.shape, -1)


def in_pieces(model: Any) -> bool:
    """Whether this process holds a piece of the model's parameters only (FSDP)."""
    return hasattr(model, "set_requires_gradient_sync")
