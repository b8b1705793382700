"""What of ours runs in vLLM's worker: heads that are packed anew, and weights that are read back.

On a CPU vLLM packs weights into a layout of their own when it loads, and computes with that. A head
that is tied to the embeddings is packed apart, and vLLM 0.32 forgets it when it reloads weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from veritune.sampler.columns import ColumnSum, column_sum, columns_of

UNQUANTIZED = "Unquantized"
"""How vLLM's classes of plain weights are called."""


class PolicyWorker:
    """Mixed into vLLM's own worker (its `worker_extension_cls`), whose model it reads."""

    model_runner: Any

    def pack_heads(self) -> None:
        """Pack what stands in the embeddings, on the way that loading packs it."""
        for _, module in _plain_layers(self.model_runner.get_model()):
            if hasattr(module, "cpu_linear") and hasattr(module, "org_vocab_size"):
                module.quant_method.process_weights_after_loading(module)

    def column_sums(self, seed: str) -> list[ColumnSum]:
        """The checksums of some columns of every matrix, as they stand in the engine now."""
        model = self.model_runner.get_model()
        fused: dict[str, list[str]] = getattr(model, "packed_modules_mapping", None) or {}
        found: list[ColumnSum] = []
        with torch.inference_mode():
            for name, module in _plain_layers(model):
                prefix, dot, last = name.rpartition(".")
                parts = [f"{prefix}{dot}{part}" for part in fused.get(last, [last])]
                found += [(parts, column_sum(each)) for each in _columns(module, seed)]
        return found


def _plain_layers(model: Any) -> Iterator[tuple[str, Any]]:
    """Layers of one matrix that is not quantized, by name; those of adapters by their base's."""
    for name, module in model.named_modules():
        method = type(getattr(module, "quant_method", None)).__name__
        if method.startswith(UNQUANTIZED) and hasattr(module, "weight"):
            yield name.removesuffix(".base_layer"), module


def _columns(module: Any, seed: str) -> Iterator[torch.Tensor]:
    """(outputs, columns): as it is stored, and as the packed product has it."""
    width = int(getattr(module, "embedding_dim", 0) or getattr(module, "input_size", 0))
    rows = getattr(module, "org_vocab_size", None)  # vLLM pads the vocabulary behind it.
    chosen = columns_of(seed, width)
    if not chosen:
        return
    if module.weight.dim() == 2 and module.weight.shape[1] == width:
        yield module.weight[:rows, chosen]
    if hasattr(module, "cpu_linear"):
        # What a product makes of unit vectors are the columns themselves, to the last bit.
        units = torch.eye(width, dtype=module.weight.dtype)[chosen]
        yield module.cpu_linear(units, module.weight, None).t()[:rows]
