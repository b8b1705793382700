"""The one training loop over fixed rows: SFT, reward models and DPO differ in rows and loss alone.

A step takes a batch, computes it in parts of like length (each process its share), and divides
the summed loss by the summed weight of the whole batch. With a `state` folder the loop saves
itself now and then; started again after a kill it resumes from there, to the same parameters.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch

from veritune.config import FitConfig
from veritune.models import checkpoint_activations
from veritune.records import Checkpoint, MetricsRow, OnStep
from veritune.trainer import processes
from veritune.trainer.batches import orders
from veritune.trainer.optimization import Optimization
from veritune.trainer.precision import resolve

T = TypeVar("T")
Metrics = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitTask(Generic[T]):
    """What is fitted.

    `loss` gives the summed loss of some rows, and summed metrics that are reported as means;
    `weight` is what a row counts in the mean, `length` its tokens.
    """

    rows: Sequence[T]
    loss: Callable[[Sequence[T]], tuple[torch.Tensor, Metrics]]
    weight: Callable[[T], float]
    length: Callable[[T], int]


def fit(
    module: torch.nn.Module,
    task: FitTask[T],
    config: FitConfig,
    *,
    seed: int,
    on_step: OnStep,
    state: Path | None = None,
    rates: Mapping[str, float] | None = None,
) -> None:
    """Train `module` in place; the same inputs and seed give the same parameters.

    `rates`: peak learning rates of their own, by the beginnings of parameters' names.
    """
    optimization = Optimization(
        module,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        warmup_steps=config.warmup_steps,
        max_steps=config.max_steps,
        precision=resolve(config.precision),
        rates=rates,
    )
    of = digest(task.rows, config, seed)
    with _training(module, config, seed):
        if state is not None:
            optimization.restore(state, of)
        batches = orders(len(task.rows), config.batch_size, config.max_steps, seed)
        for number, chosen in enumerate(batches):
            if number < optimization.done:
                continue
            on_step(_step(optimization, task, [task.rows[i] for i in chosen], config))
            done = optimization.done
            if (
                state
                and config.save_every
                # Not at the last step: the result itself is saved there.
                and done % config.save_every == 0 < config.max_steps - done
            ):
                optimization.save(state, of)


def state_folder(out: Path) -> Path:
    """Where a training whose result will be `out` keeps its state."""
    return out.with_name(f".{out.name}.state")


def finish(out: Path, save: Callable[[], Checkpoint]) -> Checkpoint:
    """Save the result, once for all processes, and remove the state that led to it."""

    def saved() -> Checkpoint:
        checkpoint = save()
        shutil.rmtree(state_folder(out), ignore_errors=True)
        return checkpoint

    return processes.saved(out, saved)


def digest(rows: Sequence[object], config: FitConfig, seed: int) -> str:
    """Names what a training follows from, beside the parameters that it started with."""
    total = hashlib.sha256(
        f"{config.model_dump_json(exclude={'shard'})} {seed} {len(rows)}".encode()
    )
    for row in rows:
        total.update(repr(row).encode())
    return total.hexdigest()


def _step(
    optimization: Optimization, task: FitTask[T], batch: Sequence[T], config: FitConfig
) -> MetricsRow:
    started = time.perf_counter()
    count = sum(task.weight(row) for row in batch)
    sums: Metrics = {"loss": 0.0}
    for part, counts in _turns(batch, task, config.micro_batch_size, optimization.sharded):
        with optimization.forward():
            summed, metrics = task.loss(part)
            loss = summed / count
        if not counts:
            # Every process must come through the model equally often; this part adds nothing.
            (loss * 0.0).backward()
            continue
        loss.backward()
        for name, value in ({"loss": float(summed.detach())} | metrics).items():
            sums[name] = sums.get(name, 0.0) + value
    rate = optimization.learning_rate
    norm = optimization.update()
    means = {k: processes.summed(v, optimization.device) / count for k, v in sums.items()}
    tokens = sum(task.length(row) for row in batch)
    return {
        "step": optimization.done,
        **means,
        "grad_norm": norm,
        "learning_rate": rate,
        "tokens": tokens,
        "tokens_per_second": tokens / (time.perf_counter() - started),
    }


def _turns(
    batch: Sequence[T], task: FitTask[T], size: int, sharded: bool
) -> Iterator[tuple[Sequence[T], bool]]:
    """The parts of this process's share, and whether they count.

    Where parameters lie in pieces there are as many as the first process has, whose share is the
    largest: those too many are computed for the others' sake alone.
    """
    mine = list(parts(processes.share(batch), task.length, size))
    yield from ((part, True) for part in mine)
    most = len(list(parts(batch[:: processes.size()], task.length, size))) if sharded else 0
    yield from [(batch[:1], False)] * (most - len(mine))


def parts(rows: Sequence[T], length: Callable[[T], int], size: int) -> Iterator[Sequence[T]]:
    """The rows in parts of `size`, those of like length together; all at once for size 0."""
    if not size or len(rows) <= size:
        if rows:
            yield rows
        return
    # Rows of like length together: a part is as wide as its longest row.
    ordered = sorted(rows, key=length)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


@contextmanager
def _training(module: torch.nn.Module, config: FitConfig, seed: int) -> Iterator[None]:
    """Dropout on, seeded by `seed`; activations recomputed where the recipe asks for it."""
    models = [m for m in module.modules() if hasattr(m, "gradient_checkpointing_enable")]
    outermost = models[:1] if config.activation_checkpointing else []
    for model in outermost:
        checkpoint_activations(model)
    module.train()
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            yield
    finally:
        module.eval()
        for model in outermost:
            checkpoint_activations(model, on=False)
