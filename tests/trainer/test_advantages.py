"""Advantages against plain loops over single rows in float64."""

import numpy as np
import pytest
import torch

from veritune.config import GroupConfig
from veritune.trainer.advantages import Baseline, center, gae, whiten
from veritune.trainer.algorithms.dr_grpo import DrGrpo
from veritune.trainer.credit import Credit
from veritune.trainer.groups import group_advantages
from veritune.trainer.rows import TokenRow

SEEDS = range(8)


def ragged(seed: int, rows: int = 6, width: int = 9) -> tuple[torch.Tensor, np.random.Generator]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, width + 1, rows)
    mask = np.arange(width)[None] < lengths[:, None]
    return torch.tensor(mask, dtype=torch.float64), rng


def noise(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.tensor(rng.normal(size=shape))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 1.0), (1.0, 0.95), (0.9, 0.5), (0.99, 0.0)])
def test_gae_is_the_discounted_sum_of_errors_row_by_row(
    seed: int, gamma: float, lam: float
) -> None:
    mask, rng = ragged(seed)
    rewards, values = noise(rng, 6, 9), noise(rng, 6, 9)
    last = noise(rng, 6) * (torch.arange(6) % 2)
    got = gae(rewards, values, mask, last, gamma=gamma, lam=lam)
    for i in range(6):
        n = int(mask[i].sum())
        r, v = rewards[i, :n].numpy(), [*values[i, :n].tolist(), last[i].item()]
        deltas = [r[t] + gamma * v[t + 1] - v[t] for t in range(n)]
        for t in range(n):
            expected = sum((gamma * lam) ** (s - t) * deltas[s] for s in range(t, n))
            assert got[i, t].item() == pytest.approx(expected, abs=1e-6)
        assert (got[i, n:] == 0).all()


def test_gae_with_lambda_1_and_no_values_is_the_monte_carlo_return() -> None:
    mask, rng = ragged(3)
    rewards, zeros = noise(rng, 6, 9), torch.zeros(6, 9, dtype=torch.float64)
    got = gae(rewards, zeros, mask, zeros[:, 0], gamma=0.9, lam=1.0)
    for i in range(6):
        n = int(mask[i].sum())
        for t in range(n):
            expected = sum(0.9 ** (s - t) * rewards[i, s].item() for s in range(t, n))
            assert got[i, t].item() == pytest.approx(expected, abs=1e-6)


def test_gae_of_one_row_is_that_of_many_and_padding_has_no_say() -> None:
    mask, rng = ragged(4)
    rewards, values, last = noise(rng, 6, 9), noise(rng, 6, 9), noise(rng, 6)
    together = gae(rewards, values, mask, last, gamma=0.97, lam=0.9)
    spoiled = torch.where(mask.bool(), rewards, torch.nan)
    assert torch.equal(
        together,
        gae(spoiled, torch.where(mask.bool(), values, torch.nan), mask, last, gamma=0.97, lam=0.9),
    )
    for i in range(6):
        n = int(mask[i].sum())
        alone = gae(
            rewards[i : i + 1, :n],
            values[i : i + 1, :n],
            mask[i : i + 1, :n],
            last[i : i + 1],
            gamma=0.97,
            lam=0.9,
        )
        assert torch.allclose(alone[0], together[i, :n], atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_whitening_is_over_all_tokens_of_the_batch(seed: int) -> None:
    mask, rng = ragged(seed)
    x = torch.where(mask.bool(), noise(rng, 6, 9) * 3 + 2, torch.nan)
    got = whiten(x, mask)
    flat = np.array([v for v in x.flatten().tolist() if v == v])
    expected = (flat - flat.mean()) / np.sqrt(((flat - flat.mean()) ** 2).mean() + 1e-8)
    assert got[mask.bool()].numpy() == pytest.approx(expected, abs=1e-6)
    assert (got[mask == 0] == 0).all()


def test_baselines_with_one_reward_a_candidate() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 8):
        r = rng.normal(size=n)
        rows = [[float(x)] for x in r]
        others = [r[i] - np.delete(r, i).mean() for i in range(n)]
        assert np.ravel(center(rows, "rloo")) == pytest.approx(np.array(others))
        assert np.ravel(center(rows, "dr_grpo")) == pytest.approx(r - r.mean())
        spread = np.sqrt(((r - r.mean()) ** 2).sum() / (n - 1)) + 1e-4
        assert np.ravel(center(rows, "grpo")) == pytest.approx((r - r.mean()) / spread)


@pytest.mark.parametrize("baseline", ["rloo", "grpo", "dr_grpo"])
def test_equal_or_lonely_candidates_have_no_advantage(baseline: Baseline) -> None:
    assert np.ravel(center([[1.0]] * 4, baseline)) == pytest.approx(np.zeros(4))
    assert center([[1.0], []], baseline) == [[0.0], []]


def credit(length: int, outcome: float | None, steps: dict[int, float]) -> Credit:
    return Credit(
        length=length,
        outcome=() if outcome is None else ((length - 1, outcome),),
        steps=tuple(steps.items()),
    )


def row(group: str, told: Credit) -> TokenRow:
    return TokenRow([0] * (2 + told.length), 2, credit=told, group=group)


def test_group_advantages_are_what_follows_a_token() -> None:
    rows = [
        row("a", credit(4, 1.0, {1: 1.0, 3: -1.0})),
        row("b", credit(2, 1.0, {})),
        row("a", credit(3, 0.0, {0: 1.0})),
        row("b", credit(3, 0.0, {})),
    ]
    got = group_advantages(rows, DrGrpo(GroupConfig(type="dr_grpo")), 4)
    mean = 1 / 3
    expected = [
        [0.5 - mean * 2, 0.5 - mean * 2, 0.5 - 1 - mean, 0.5 - 1 - mean],
        [0.5, 0.5, 0.0, 0.0],
        [-0.5 + 1 - mean, -0.5, -0.5, 0.0],
        [-0.5, -0.5, -0.5, 0.0],
    ]
    assert got.numpy() == pytest.approx(np.array(expected), abs=1e-6)
