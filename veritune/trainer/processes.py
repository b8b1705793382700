"""Training in several processes under `torchrun`: who we are, and sums over everybody.

One process needs nothing of this; every function is then the identity.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist

from veritune.records import Checkpoint

T = TypeVar("T")


# Longest wait of one process for another: the first one samples while the others have no work.
WAIT = timedelta(hours=12)
# Whether the first process trains alone for now, and the others wait.
_alone = False


@contextmanager
def alone() -> Iterator[None]:
    """Inside, this process trains by itself, whatever was started beside it."""
    global _alone
    before, _alone = _alone, True
    try:
        yield
    finally:
        _alone = before


def join() -> None:
    """Join the group that `torchrun` started, once; nothing where this process stands alone."""
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if several and not _alone and not dist.is_initialized():
        on_gpu = torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if on_gpu else "gloo", timeout=WAIT)


def rank() -> int:
    """This process's number, from 0."""
    return dist.get_rank() if dist.is_initialized() and not _alone else 0


def size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() and not _alone else 1


def share(rows: Sequence[T]) -> Sequence[T]:
    """The rows of one batch that this process computes; the shares differ by one row at most."""
    return rows[rank() :: size()]


def turns(parts: Sequence[T], *, equal: bool) -> list[tuple[T, bool]]:
    """The parts that this process computes, and whether they count.

    Where parameters lie in pieces (`equal`) every process has as many as the first, whose share is
    the largest: those too many are computed for the others' sake alone.
    """
    mine = [(part, True) for part in share(parts)]
    most = -(-len(parts) // size()) if equal else 0
    return mine + [(parts[0], False)] * (most - len(mine))


def summed(value: float, device: torch.device | str = "cpu") -> float:
    """The sum of a number over all processes, in float64."""
    if size() == 1:
        return value
    total = torch.tensor(value, dtype=torch.float64, device=device)
    dist.all_reduce(total)
    return float(total.item())


def sum_gradients(parameters: Sequence[torch.nn.Parameter]) -> None:
    """Add up every gradient over all processes, in one message for each type of number.

    A gradient that is missing here counts as zero; one that is missing everywhere stays missing.
    """
    if size() == 1 or not parameters:
        return
    there = torch.tensor([float(p.grad is not None) for p in parameters])
    there = there.to(parameters[0].device)
    dist.all_reduce(there)
    groups: dict[torch.dtype, list[torch.Tensor]] = {}
    for parameter, count in zip(parameters, there.tolist(), strict=True):
        if count:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            groups.setdefault(parameter.grad.dtype, []).append(parameter.grad)
    for grads in groups.values():
        flat = torch.cat([grad.flatten() for grad in grads])
        dist.all_reduce(flat)
        for grad, part in zip(grads, flat.split([grad.numel() for grad in grads]), strict=True):
            grad.copy_(part.view_as(grad))


def summed_figures(metrics: dict[str, float]) -> dict[str, float]:
    """Every figure summed over all processes, of which some may lack all of them."""
    everybody = gathered(metrics)
    names = [name for own in everybody for name in own]
    return {name: sum(own.get(name, 0.0) for own in everybody) for name in names}


def gathered(value: T) -> list[T]:
    """What every process has, in their order."""
    everybody = [value] * size()
    if size() > 1:
        dist.all_gather_object(everybody, value)
    return everybody


def sum_tensors(*tensors: torch.Tensor) -> None:
    """Add up tensors over all processes, in place."""
    for tensor in tensors if size() > 1 else ():
        place = "cuda" if dist.get_backend() == "nccl" else "cpu"
        there = tensor.to(place)
        dist.all_reduce(there)
        tensor.copy_(there)


def saved(out: Path, save: Callable[[], Checkpoint]) -> Checkpoint:
    """Save a result once for all processes; each gets what names it, though it may not see it."""
    if size() == 1:
        return save()
    names = [save().policy if rank() == 0 else ""]
    dist.broadcast_object_list(names)
    return Checkpoint(path=str(out), policy=names[0])


def send_order(order: object) -> None:
    """From the first process: what all the others get from `warnings`. Alone it tells nobody."""
    join()
    if size() > 1:
        dist.broadcast_object_list([order])


def receive_order() -> object:
    """In another process than the first: what it tells next."""
    join()
    orders: list[object] = [None]
    dist.broadcast_object_list(orders)
    return orders[0]


def wait() -> None:
    """Return when every process has come here."""
    if size() > 1:
        dist.barrier()
