"""Parameters, gradients and moments cut into one piece a process, gathered layer by layer.

PyTorch's fully sharded data parallelism, the third stage of ZeRO (Rajbhandari et al. 2020,
arXiv 1910.02054): with K processes each holds 1/K of the 16 bytes that AdamW needs a parameter in
float32, and one whole layer while it is computed. Every process must come through the model
equally often: the layers' pieces are exchanged on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor, distribute_tensor

from veritune.models import in_pieces, is_plain_head, load_trainable
from veritune.trainer import processes

if TYPE_CHECKING:
    from transformers import PreTrainedModel

T = TypeVar("T", bound=torch.nn.Module)
SMALL = 1e-6
"""Added to a norm before it divides, as torch does."""


def shard(model: PreTrainedModel) -> None:
    """Cut `model` into pieces, in place; its gradients are sums over all processes from now on.

    The parts that its class says are not to be split are gathered one at a time. A process that
    trains alone keeps the model whole.
    """
    if processes.size() == 1:
        return
    from torch.distributed.fsdp import fully_shard

    # Found out now: later it would be one more exchange, of one process alone.
    is_plain_head(model)
    mesh = init_device_mesh(model.device.type, (processes.size(),))
    whole = set(model._no_split_modules or ())
    layers = [part for part in model.modules() if type(part).__name__ in whole]
    for part in (*layers, model):
        cut = fully_shard(part, mesh=mesh)
        cut.set_gradient_divide_factor(1.0)
        cut.set_force_sum_reduction_for_comms(True)  # Gloo knows no other with that factor.


def put_back(model: PreTrainedModel) -> None:
    """Leave this process its pieces alone, after a forward pass that no backward pass follows.

    Until then the outermost parameters are whole, and are not those that an optimizer steps.
    """
    if isinstance(model, FSDPModule):
        model.reshard()


def is_sharded(tensor: torch.Tensor) -> bool:
    """Whether this process holds a piece of `tensor` only."""
    return isinstance(tensor, DTensor)


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """The whole of a tensor; where it is cut into pieces, every process must ask for it."""
    gathered: torch.Tensor = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return gathered


def like(value: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """The whole tensor `value`, cut as `parameter` is where their shapes agree."""
    if not isinstance(parameter, DTensor) or value.shape != parameter.shape:
        return value
    place = value.to(parameter.device)
    return distribute_tensor(place, parameter.device_mesh, parameter.placements)


def clip(parameters: Sequence[torch.nn.Parameter], largest: float) -> torch.Tensor:
    """Scale gradients so that their norm over all of them is at most `largest`; the norm before.

    Some parameters may be in pieces and others whole, such as a head beside its trunk.
    """
    parts = [[p for p in parameters if is_sharded(p) is cut] for cut in (False, True)]
    if not all(parts):
        every: torch.Tensor = torch.nn.utils.clip_grad_norm_(parameters, largest)
        return whole(every)
    gradients = [[p.grad for p in part if p.grad is not None] for part in parts]
    norms = [whole(torch.nn.utils.get_total_norm(part)) for part in gradients]
    norm: torch.Tensor = torch.stack([each.to(norms[0].device) for each in norms]).norm()
    scale = min(largest / (float(norm) + SMALL), 1.0)
    for gradient in (one for part in gradients for one in part):
        gradient.mul_(scale)
    return norm


def whole_model(model: PreTrainedModel, folder: str | Path) -> PreTrainedModel:
    """`model`, or for one in pieces a whole copy on the first process, where results are written.

    `folder` holds a checkpoint of its shape. Every process must call this.
    """
    if not in_pieces(model):
        return model
    first = processes.rank() == 0
    return gather(model, load_trainable(folder, device="cpu")[0] if first else None) or model


def gather(model: torch.nn.Module, into: T | None) -> T | None:
    """Copy the trainable parameters of a model in pieces to a whole one, where there is one.

    Every process must call this; those that pass None only give their pieces.
    """
    targets = {} if into is None else dict(into.named_parameters())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                value = whole(parameter.detach())
                if into is not None:
                    targets[name].copy_(value)
    return into
