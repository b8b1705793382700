"""Checksums of columns of a model's matrices: proof that an engine holds the weights it should.

Rounding explains a gap of log-probabilities in bfloat16 that weights of a round ago explain, too.
Weights themselves are equal, or they are not.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from veritune.errors import PolicyMismatchError
from veritune.models import plain

if TYPE_CHECKING:
    import torch

COLUMNS = 4
"""Columns of every matrix that are compared; which ones follows from the policy's name."""
SMALLEST = 1e-30
"""Less is taken for 0: products may flush what is below the smallest normal number."""
Columns = Mapping[str, "torch.Tensor"]
"""(outputs, columns) float32, by the name of the layer in transformers."""
ColumnSum = tuple[list[str], str]
"""The layers whose outputs lie one behind the other in one of the engine's, and their sum."""


def columns_of(seed: str, width: int) -> list[int]:
    """Which columns of a matrix of `width` are compared."""
    return sorted(random.Random(f"{seed} {width}").sample(range(width), min(COLUMNS, width)))


def column_sum(columns: torch.Tensor) -> str:
    """sha256 over the values in float32, row after row."""
    import torch

    values = columns.float().cpu()
    values = torch.where(values.abs() < SMALLEST, 0.0, values).contiguous()
    return hashlib.sha256(values.numpy().tobytes()).hexdigest()


def read_columns(model: Any, seed: str) -> Columns:
    """Of every linear layer and embedding of a transformers model; of an adapter's, its base's."""
    import torch

    found: dict[str, torch.Tensor] = {}
    for name, module in plain(model).named_modules():
        weight = getattr(module, "weight", None)
        matrix = isinstance(module, torch.nn.Linear | torch.nn.Embedding) and "lora_" not in name
        if matrix and isinstance(weight, torch.Tensor):
            chosen = columns_of(seed, weight.shape[1])
            # float() of float32 is no copy, and a view would hold the whole matrix.
            picked = weight.detach()[:, chosen].float().cpu()
            found[name.removesuffix(".base_layer")] = picked
    return found


def check_columns(engine: Sequence[ColumnSum], trainer: Columns, policy: str) -> int:
    """How many matrices were compared; raises `PolicyMismatchError` where one differs."""
    import torch

    compared = 0
    for names, total in engine:
        parts = [trainer[name] for name in names if name in trainer]
        if len(parts) < len(names):
            continue  # An engine's own name; its log-probabilities must do.
        compared += 1
        if column_sum(torch.cat(parts)) != total:
            raise PolicyMismatchError(
                f"the sampler does not run policy {policy}: the weights of {', '.join(names)} in"
                " the engine are not the checkpoint's"
            )
    return compared
