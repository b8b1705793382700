"""Parts of a causal LM's forward pass, the same for plain models and for PEFT's."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor, nn
    from transformers import PreTrainedModel


@runtime_checkable
class OutputHead(Protocol):
    """Output embeddings: a linear layer, or an adapter's layer around one."""

    @property
    def weight(self) -> Tensor:
        """(vocabulary, hidden size)."""
        ...

    @property
    def bias(self) -> Tensor | None:
        """(vocabulary,)."""
        ...

    def __call__(self, hidden: Tensor, /) -> Tensor:
        """(..., vocabulary) from (..., hidden size)."""
        ...


def output_head(model: nn.Module) -> OutputHead:
    """The output embeddings of a causal LM, plain or under an adapter."""
    return cast("OutputHead", cast("PreTrainedModel", model).get_output_embeddings())


def keeping(model: PreTrainedModel, keep: int | Tensor) -> dict[str, int | Tensor]:
    """The arguments that make `model` compute logits only for the last `keep` positions.

    Empty for a model that cannot: it computes them all, so take the last `keep` in any case.
    """
    known = "logits_to_keep" in inspect.signature(plain(model).forward).parameters
    return {"logits_to_keep": keep} if known else {}


def plain(model: PreTrainedModel) -> PreTrainedModel:
    """The causal LM itself, which holds its adapter's layers where it has any."""
    base: Callable[[], PreTrainedModel] | None = getattr(model, "get_base_model", None)
    return model if base is None else base()


def merged(model: PreTrainedModel) -> PreTrainedModel:
    """The model with its adapter, where it has one, worked into its weights."""
    merge: Callable[[], PreTrainedModel] | None = getattr(model, "merge_and_unload", None)
    return model if merge is None else merge()


def adapter_off(model: PreTrainedModel) -> AbstractContextManager[None]:
    """Inside, a model with an adapter is its base alone."""
    return cast("PeftModel", model).disable_adapter()


def in_pieces(model: object) -> bool:
    """Whether this process holds a piece of the model's parameters only (FSDP)."""
    return hasattr(model, "set_requires_gradient_sync")
