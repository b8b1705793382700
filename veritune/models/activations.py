"""Activations computed again in the backward pass, by the name that transformers has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


def checkpoint_activations(model: nn.Module, on: bool = True) -> None:
    """Keep the layers' inputs alone, and compute the rest again; or keep it all.

    transformers 5.24 renamed `gradient_checkpointing_*` to `activation_checkpointing_*`; models
    with code of their own may know the former alone.
    """
    known = hasattr(model, "activation_checkpointing_enable")
    name = f"{'activation' if known else 'gradient'}_checkpointing_{'enable' if on else 'disable'}"
    switch: Callable[..., None] = getattr(model, name)
    # The reentrant kind gives no gradients to a model whose inputs need none, as with adapters.
    switch(*([{"use_reentrant": False}] if on else []))
