"""Linear maps by oneDNN, on processors whose float32 products torch computes below their speed.

torch gives float32 matrix products to MKL, which computes on an AMD processor with AVX2, whatever
else it has; oneDNN, which torch carries too, computes there with AVX-512 (up to 2.2 times as fast,
both in float32 throughout). torch reaches it by the operators that its compiler uses.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

CPUINFO = Path("/proc/cpuinfo")
# Read by oneDNN and by torch when the first kernel is made, so set before that.
CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")
# Kernels that oneDNN, and torch for it, keep: each shape has its own, of up to a megabyte, and
# of the 1,024 that they would keep few come again where every batch is of another length.
KEPT = "32"
# What a packed matrix is laid out for; any other number of rows works, too.
ROWS = 64


@cache
def prefers_onednn() -> bool:
    """Whether oneDNN is the faster one on this machine: on AMD with AVX-512."""
    names = ("_linear_pointwise", "_reorder_linear_weight")
    # They are torch's own, and not promised: another version may lack them.
    known = all(hasattr(torch.ops.mkldnn, name) for name in names)
    vector = torch.backends.cpu.get_cpu_capability()
    return known and vector == "AVX512" and "AuthenticAMD" in _cpuinfo()


def use_onednn(model: torch.nn.Module) -> None:
    """Let the linear layers of `model` compute with oneDNN, where that is the faster one."""
    if not prefers_onednn():
        return
    for name in CACHES:
        os.environ.setdefault(name, KEPT)
    for module in model.modules():
        if type(module) is torch.nn.Linear:
            module.__class__ = OneDnnLinear


def product(
    x: Float[Tensor, "*rows inputs"],
    weight: Tensor,
    bias: Float[Tensor, " outputs"] | None = None,
) -> Float[Tensor, "*rows outputs"]:
    """x weight^T + bias: (..., out) from (..., in) and (out, in); `weight` may be packed."""
    result: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return result


def packed(weight: Tensor) -> Tensor:
    """`weight` (out, in) as oneDNN reads it fastest; good for `product` without gradient alone."""
    result: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)
    return result


class OneDnnLinear(torch.nn.Linear):
    """A linear layer that computes float32 on a CPU with oneDNN, and all else as torch does."""

    def forward(self, input: Tensor) -> Tensor:
        """(..., out) from (..., in)."""
        tensors = (input, self.weight)
        plain = all(x.dtype == torch.float32 and x.device.type == "cpu" for x in tensors)
        if not plain or not input.numel() or torch.is_autocast_enabled("cpu"):
            return super().forward(input)
        result: Tensor = _Product.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return result


class _Product(torch.autograd.Function):
    """`product`, and its gradients by the same means."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        rows = gradient.reshape(-1, gradient.shape[-1])
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            product(gradient, weight.t()) if of_x else None,
            product(rows.t(), x.reshape(-1, x.shape[-1]).t()) if of_weight else None,
            rows.sum(0) if of_bias else None,
        )


def _cpuinfo() -> str:
    return CPUINFO.read_text() if CPUINFO.is_file() else ""
