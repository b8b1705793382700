"""Losses and their gradients against plain loops in float64, gradients by central differences."""

from collections.abc import Callable
from math import exp, log

import numpy as np
import numpy.typing as npt
import pytest
import torch

from veritune.models.head import entropies, logprobs_of
from veritune.trainer import losses

Array = npt.NDArray[np.float64]
SEEDS = range(5)
CASE = ("seed", SEEDS)


class Ragged:
    """A random batch with rows of different lengths, and nan wherever padding is."""

    def __init__(self, seed: int, rows: int = 5, width: int = 7) -> None:
        self.rng = np.random.default_rng(seed)
        lengths = self.rng.integers(1, width + 1, rows)
        self.mask = np.arange(width)[None] < lengths[:, None]
        self.weights = self.mask * self.rng.uniform(0.1, 1.0, self.mask.shape)
        self.shape = self.mask.shape

    def draw(self, scale: float = 1.0) -> Array:
        return np.where(self.mask, self.rng.normal(size=self.shape) * scale, np.nan)

    def tokens(self) -> list[tuple[int, int]]:
        return [(int(i), int(t)) for i, t in zip(*self.mask.nonzero(), strict=True)]


def agree(
    loss: Callable[[torch.Tensor], torch.Tensor],
    plain: Callable[[Array], float],
    at: Array,
    mask: npt.NDArray[np.bool_],
) -> None:
    """Value and gradient at `at` are those of the plain loop to 1e-6."""
    x = torch.tensor(at, requires_grad=True)
    got = loss(x)
    (gradient,) = torch.autograd.grad(got, x)
    assert got.item() == pytest.approx(plain(at), abs=1e-6)
    assert (gradient.numpy()[~mask] == 0).all()
    step = 1e-6
    for i, t in zip(*mask.nonzero(), strict=True):
        up, down = at.copy(), at.copy()
        up[i, t] += step
        down[i, t] -= step
        slope = (plain(up) - plain(down)) / (2 * step)
        assert gradient[i, t].item() == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize(*CASE)
@pytest.mark.parametrize("weighted", [False, True])
def test_policy_loss(seed: int, weighted: bool) -> None:
    batch = Ragged(seed)
    old, gain, new = batch.draw(), batch.draw(), None
    new = old + batch.draw(0.4)
    importance = np.abs(batch.draw()) if weighted else None

    def plain(x: Array) -> float:
        total = 0.0
        for i, t in batch.tokens():
            ratio = exp(x[i, t] - old[i, t])
            clipped = min(max(ratio, 0.8), 1.3)
            term = min(ratio * gain[i, t], clipped * gain[i, t])
            total -= batch.weights[i, t] * term * (1 if importance is None else importance[i, t])
        return total

    def ours(x: torch.Tensor) -> torch.Tensor:
        loss, share = losses.policy_loss(
            x,
            torch.tensor(old),
            torch.tensor(gain),
            torch.tensor(batch.weights),
            clip_eps_low=0.2,
            clip_eps_high=0.3,
            importance=None if importance is None else torch.tensor(importance),
        )
        outside = sum(
            batch.weights[i, t]
            for i, t in batch.tokens()
            if (new[i, t] - old[i, t] > log(1.3) and gain[i, t] > 0)
            or (new[i, t] - old[i, t] < log(0.8) and gain[i, t] < 0)
        )
        assert share.item() == pytest.approx(outside / batch.weights.sum(), abs=1e-6)
        return loss

    agree(ours, plain, new, batch.mask)


@pytest.mark.parametrize(*CASE)
@pytest.mark.parametrize("clip", [None, 0.3])
def test_value_loss(seed: int, clip: float | None) -> None:
    batch = Ragged(seed)
    old, goal = batch.draw(), batch.draw()
    new = old + batch.draw(0.5)

    def plain(x: Array) -> float:
        total = 0.0
        for i, t in batch.tokens():
            error = (x[i, t] - goal[i, t]) ** 2
            if clip is not None:
                near = old[i, t] + min(max(x[i, t] - old[i, t], -clip), clip)
                error = max(error, (near - goal[i, t]) ** 2)
            total += batch.weights[i, t] * error / 2
        return total

    def ours(x: torch.Tensor) -> torch.Tensor:
        weights = torch.tensor(batch.weights)
        return losses.value_loss(x, torch.tensor(old), torch.tensor(goal), weights, clip=clip)

    agree(ours, plain, new, batch.mask)


@pytest.mark.parametrize(*CASE)
@pytest.mark.parametrize("kind", ["k1", "k2", "k3"])
def test_kl(seed: int, kind: losses.Estimator) -> None:
    batch = Ragged(seed)
    reference = batch.draw()

    def term(d: float) -> float:
        return {"k1": d, "k2": d * d / 2, "k3": exp(-d) - 1 + d}[kind]

    def plain(x: Array) -> float:
        return float(
            sum(batch.weights[i, t] * term(x[i, t] - reference[i, t]) for i, t in batch.tokens())
        )

    def ours(x: torch.Tensor) -> torch.Tensor:
        return losses.kl_loss(x, torch.tensor(reference), torch.tensor(batch.weights), kind)

    agree(ours, plain, batch.draw(), batch.mask)


def test_kl_estimators_as_figures_and_as_losses() -> None:
    """Over all of a small vocabulary: what each estimates, and whose gradient it has."""
    rng = np.random.default_rng(0)
    logits = torch.tensor(rng.normal(size=6), requires_grad=True)
    reference = torch.log_softmax(torch.tensor(rng.normal(size=6)), -1)
    logp = torch.log_softmax(logits, -1)
    p, q = logp.detach().exp(), reference.exp()
    forward, backward = (logp.exp() * (logp - reference)).sum(), (q * (reference - logp)).sum()
    for kind in ("k1", "k3"):
        assert (p * losses.kl_terms(logp, reference, kind)).sum().item() == pytest.approx(
            forward.item()
        )

    def gradient(x: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(x, logits, retain_graph=True)[0]

    as_loss = {
        k: gradient((p * losses.kl_terms(logp, reference, k)).sum()) for k in ("k1", "k2", "k3")
    }
    assert torch.allclose(as_loss["k1"], torch.zeros(6, dtype=torch.float64), atol=1e-12)
    assert torch.allclose(as_loss["k2"], gradient(forward), atol=1e-12)
    assert torch.allclose(as_loss["k3"], gradient(backward), atol=1e-12)


@pytest.mark.parametrize(*CASE)
@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.6])
def test_logprobs_and_entropy_at_a_temperature(seed: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    logits, ids = rng.normal(size=(3, 4, 5)) * 2, rng.integers(0, 5, (3, 4))
    x = torch.tensor(logits, requires_grad=True)
    logp = logprobs_of(x, torch.tensor(ids), temperature)
    entropy = entropies(x, temperature)

    def plain(values: Array) -> tuple[float, float]:
        weights = [exp(v / temperature) for v in values]
        shares = [w / sum(weights) for w in weights]
        return log(shares[0]), -sum(s * log(s) for s in shares)

    slope, spread = torch.autograd.grad(logp.sum() + entropy.sum(), x)[0].numpy(), 1e-6
    for i in range(3):
        for t in range(4):
            order = [int(ids[i, t]), *(k for k in range(5) if k != ids[i, t])]
            first, second = plain(logits[i, t][order])
            assert logp[i, t].item() == pytest.approx(first, abs=1e-6)
            assert entropy[i, t].item() == pytest.approx(second, abs=1e-6)
            for place, k in enumerate(order):
                up, down = logits[i, t][order], logits[i, t][order]
                up[place] += spread
                down[place] -= spread
                numeric = (sum(plain(up)) - sum(plain(down))) / (2 * spread)
                assert slope[i, t, k] == pytest.approx(numeric, abs=1e-6)


def test_truncated_importance_weights() -> None:
    batch = Ragged(1)
    trainer, engine = batch.draw(), batch.draw()
    mask = torch.tensor(batch.mask.astype(float))
    got = losses.truncated_importance(torch.tensor(trainer), torch.tensor(engine), 1.5, mask)
    for i, t in batch.tokens():
        expected = min(exp(trainer[i, t] - engine[i, t]), 1.5)
        assert got[i, t].item() == pytest.approx(expected, abs=1e-6)
    assert (got[mask == 0] == 1).all()
