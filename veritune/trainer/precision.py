"""What a forward pass is computed in, over weights that are float32 (`models.masters`)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Computed = Literal["float32", "bf16"]
# What a frozen base, or a reference, is loaded in for each.
DTYPES: dict[Computed, str] = {"float32": "float32", "bf16": "bfloat16"}


def resolve(precision: Literal["auto", "float32", "bf16"]) -> Computed:
    """What `precision` of a recipe means here: auto is bf16 on GPUs that have it, else float32."""
    if precision != "auto":
        return precision
    able = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return "bf16" if able else "float32"


def computing(precision: Computed, device: torch.device) -> AbstractContextManager[object]:
    """Around a forward pass: matrix products are computed in `precision`, sums in float32."""
    if precision == "float32":
        return nullcontext()
    context: AbstractContextManager[object] = torch.autocast(device.type, dtype=torch.bfloat16)
    return context
