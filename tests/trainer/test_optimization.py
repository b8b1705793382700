"""The optimizer: AdamW against numpy, parts against the whole, and its state on disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from veritune.errors import ModelError, TrainingError
from veritune.trainer.optimization import Optimization


def linear(seed: int = 0) -> torch.nn.Linear:
    torch.manual_seed(seed)
    return torch.nn.Linear(3, 2).double()


def rows(seed: int = 1) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    rng = torch.Generator().manual_seed(seed)
    while True:
        x = torch.randn(8, 3, generator=rng, dtype=torch.float64)
        yield x, torch.randn(8, 2, generator=rng, dtype=torch.float64)


def step(model: Any, optimization: Optimization, x: torch.Tensor, y: torch.Tensor) -> float:
    (((model(x) - y) ** 2).sum() / optimization.count(len(x))).backward()
    return optimization.update()


def test_updates_are_those_of_adamw_with_warmup_decay_and_clipping() -> None:
    model = linear()
    optimization = Optimization(
        model, learning_rate=0.1, weight_decay=0.3, max_grad_norm=0.5, warmup_steps=2, max_steps=6
    )
    value = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    mean, square = np.zeros_like(value), np.zeros_like(value)
    rates = [1 / 3, 2 / 3, 1.0, 0.75, 0.5, 0.25]
    for number, (rate, (x, y)) in enumerate(zip(rates, rows(), strict=False), 1):
        weight, bias = value[:6].reshape(2, 3), value[6:]
        error = 2 * (x.numpy() @ weight.T + bias - y.numpy()) / len(x)
        gradient = np.concatenate([(error.T @ x.numpy()).ravel(), error.sum(0)])
        norm = float(np.linalg.norm(gradient))
        assert step(model, optimization, x, y) == pytest.approx(norm, abs=1e-9)
        gradient = gradient * min(1.0, 0.5 / (norm + 1e-6))
        value = value * (1 - 0.1 * rate * 0.3)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        corrected = np.sqrt(square / (1 - 0.999**number)) + 1e-8
        value = value - 0.1 * rate * (mean / (1 - 0.9**number)) / corrected
        ours = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
        assert ours == pytest.approx(value, abs=1e-9)


def test_without_an_end_the_rate_stays_after_the_warmup() -> None:
    optimization = Optimization(linear(), learning_rate=0.1, warmup_steps=1)
    assert [optimization.rate(done) for done in (0, 1, 2, 1000)] == [0.5, 1.0, 1.0, 1.0]


def test_parts_of_a_batch_add_up_to_the_batch() -> None:
    whole, parted = linear(), linear()
    ours, theirs = (Optimization(m, learning_rate=0.1) for m in (whole, parted))
    for _, (x, y) in zip(range(5), rows(), strict=False):
        step(whole, ours, x, y)
        for part in (slice(0, 3), slice(3, 4), slice(4, 8)):
            (((parted(x[part]) - y[part]) ** 2).sum() / theirs.count(len(x))).backward()
        theirs.update()
    for a, b in zip(whole.parameters(), parted.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-12, rtol=0)


def test_parameters_with_a_rate_of_their_own() -> None:
    model = torch.nn.ModuleDict({"body": linear(), "head": linear()})
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimization = Optimization(model, learning_rate=0.1, rates={"head.": 0.001})
    x, _ = next(rows())
    (model["body"](x).sum() + model["head"](x).sum()).backward()
    optimization.update()
    moved = {n: (p - before[n]).abs().max().item() for n, p in model.named_parameters()}
    assert moved["body.weight"] == pytest.approx(0.1, rel=1e-3)
    assert moved["head.weight"] == pytest.approx(0.001, rel=1e-3)


def test_frozen_parameters_are_left_alone() -> None:
    model = linear()
    model.bias.requires_grad_(False)
    before = model.bias.clone()
    optimization = Optimization(model, learning_rate=0.1, weight_decay=0.5)
    step(model, optimization, *next(rows()))
    assert torch.equal(model.bias, before)
    with pytest.raises(TrainingError, match="no parameter"):
        Optimization(model.requires_grad_(False), learning_rate=0.1)


def test_what_was_saved_goes_on_exactly(tmp_path: Path) -> None:
    model = linear()
    optimization = Optimization(
        model, learning_rate=0.1, weight_decay=0.1, warmup_steps=3, max_steps=9
    )
    assert not optimization.restore(tmp_path / "none")
    stream = rows()
    for _ in range(4):
        step(model, optimization, *next(stream))
    optimization.save(tmp_path / "state", "these rows")
    rest = [next(stream) for _ in range(4)]
    drawn = torch.rand(3)
    for x, y in rest:
        step(model, optimization, x, y)

    other = linear(seed=5)
    resumed = Optimization(other, learning_rate=0.1, weight_decay=0.1, warmup_steps=3, max_steps=9)
    assert not resumed.restore(tmp_path / "state", "other rows")
    assert resumed.restore(tmp_path / "state", "these rows")
    assert resumed.done == 4
    assert torch.equal(torch.rand(3), drawn)
    for x, y in rest:
        step(other, resumed, x, y)
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True)
    )


def test_moments_are_moved_all_and_weights_are_not() -> None:
    model, (x, y) = linear(), next(rows())
    optimization = Optimization(model, learning_rate=1e-2)
    step(model, optimization, x, y)
    there = optimization.moments()
    optimization.move("meta")
    state = [t for each in optimization._optimizer.state.values() for t in each.values()]
    assert len(state) == len(there) > 0
    assert {tensor.device.type for tensor in state} == {"meta"}
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def test_state_of_another_model_is_refused(tmp_path: Path) -> None:
    Optimization(linear(), learning_rate=0.1).save(tmp_path / "state")
    other = Optimization(torch.nn.Linear(5, 2), learning_rate=0.1)
    with pytest.raises(TrainingError, match="of another model"):
        other.restore(tmp_path / "state")


def test_a_gradient_that_is_not_finite_changes_nothing() -> None:
    model = linear()
    before = [p.clone() for p in model.parameters()]
    optimization = Optimization(model, learning_rate=0.1)
    (model(next(rows())[0]).sum() * float("nan")).backward()
    with pytest.raises(TrainingError, match="not finite"):
        optimization.update()
    assert optimization.done == 0
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_autocast_computes_in_bfloat16_and_keeps_the_weights() -> None:
    model = torch.nn.Linear(3, 2)
    optimization = Optimization(model, learning_rate=0.1, precision="bf16")
    with optimization.forward():
        assert model(torch.ones(1, 3)).dtype == torch.bfloat16
    assert model.weight.dtype == torch.float32


def test_a_flipped_byte_in_a_saved_state_is_not_trained_on(tmp_path: Path) -> None:
    Optimization(linear(), learning_rate=0.1).save(tmp_path / "state")
    for name in ("state.safetensors", "state.json"):
        file = tmp_path / "state" / name
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ModelError, match=f"{name}: damaged.*begins again at its first step"):
            Optimization(linear(), learning_rate=0.1).restore(tmp_path / "state")
        file.write_bytes(whole)
