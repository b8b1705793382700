"""Every algorithm against its paper's formula, a candidate and a token at a time in float64."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
import torch

from veritune.config import GroupConfig
from veritune.errors import RecipeError
from veritune.trainer.advantages import whiten
from veritune.trainer.algorithms import algorithm_of
from veritune.trainer.algorithms.parts import Extent, TokenBatch
from veritune.trainer.credit import Credit
from veritune.trainer.groups import group_advantages
from veritune.trainer.rollouts import mask_rows
from veritune.trainer.rows import TokenRow

MAX_TOKENS, BUFFER = 12, 5
LENGTHS = [4, 12, 9, 7, 3, 12, 11, 2, 8, 5]
SCORES = [1.0, 0.0, 1.0, 0.3, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5]
TRUNCATED = {5}
GROUPS = [range(0, 6), range(6, 10)]
SEEDS = range(3)


def rows() -> list[TokenRow]:
    found = []
    for i, (length, score) in enumerate(zip(LENGTHS, SCORES, strict=True)):
        cut = i in TRUNCATED
        outcome = () if cut else ((length - 1, score),)
        credit = Credit(length=length, outcome=outcome, steps=())
        name = "ab"[i in GROUPS[1]]
        solved = score >= 0.5 and not cut
        found.append(
            TokenRow([0] * (2 + length), 2, credit=credit, group=name, solved=solved, truncated=cut)
        )
    return found


def mean_and_deviation(rewards: Sequence[float]) -> list[float]:
    r = np.array(rewards)
    spread = sqrt(sum((x - r.mean()) ** 2 for x in r) / (len(r) - 1)) + 1e-4
    return [(x - r.mean()) / spread for x in r]


def overlong(i: int) -> float:
    if i in TRUNCATED:
        return SCORES[i] * 0 - 1
    inside = MAX_TOKENS - BUFFER
    return SCORES[i] + (0.0 if LENGTHS[i] <= inside else (inside - LENGTHS[i]) / BUFFER)


def pass_at_k(members: Sequence[int]) -> dict[int, float]:
    """From all sets of three, one by one."""
    right = {i: SCORES[i] >= 0.5 for i in members}
    sets = list(combinations(members, 3))
    paid = {one: float(any(right[i] for i in one)) for one in sets}
    mean = sum(paid.values()) / len(sets)
    spread = sqrt(sum((p - mean) ** 2 for p in paid.values()) / len(sets))
    own = {i: [p for one, p in paid.items() if i in one] for i in members}
    if not spread:
        return dict.fromkeys(members, 0.0)
    return {i: (sum(p) / len(p) - mean) / spread for i, p in own.items()}


def per_candidate(kind: str) -> list[float]:
    """A_i; 0 for a candidate that is not compared."""
    found = [0.0] * len(LENGTHS)
    for group in GROUPS:
        ended = [i for i in group if i not in TRUNCATED]
        r = [SCORES[i] for i in ended]
        if kind == "dapo":
            ended, values = list(group), mean_and_deviation([overlong(i) for i in group])
        elif kind in ("gspo", "cispo", "grpo"):
            values = mean_and_deviation(r)
        elif kind == "maxrl":
            values = [(x - sum(r) / len(r)) / (sum(r) / len(r)) for x in r]
        elif kind == "pass_at_k":
            values = list(pass_at_k(ended).values())
        elif kind == "reinforce_pp_baseline":
            values = [x - sum(r) / len(r) for x in r]
        else:
            values = r
        for i, value in zip(ended, values, strict=True):
            found[i] = value
    if kind.startswith("reinforce"):
        every = [found[i] for i, n in enumerate(LENGTHS) for _ in range(n)]
        mean, spread = np.mean(every), np.std(every)
        found = [(value - mean) / sqrt(spread**2 + 1e-8) for value in found]
    return found


def clipped(ratio: float, a: float, low: float, high: float) -> float:
    return min(ratio * a, min(max(ratio, 1 - low), 1 + high) * a)


def plain_loss(kind: str, new: list[list[float]], old: list[list[float]]) -> float:
    advantages, total = per_candidate(kind), 0.0
    tokens, count = sum(LENGTHS), len(LENGTHS)
    for a, mine, theirs in zip(advantages, new, old, strict=True):
        gaps = [n - o for n, o in zip(mine, theirs, strict=True)]
        if kind == "gspo":
            total -= clipped(exp(sum(gaps) / len(gaps)), a, 3e-4, 4e-4) / count
            continue
        for t, gap in enumerate(gaps):
            if kind == "cispo":
                # Without gradient but that of log pi: what is differentiated is the second factor.
                total -= min(exp(gap), 5.0) * a * mine[t] / tokens
            else:
                high = 0.28 if kind == "dapo" else 0.2
                total -= clipped(exp(gap), a, 0.2, high) / tokens
    return total


def ours(kind: str, new: torch.Tensor, old: torch.Tensor) -> torch.Tensor:
    config = GroupConfig.model_validate({"type": kind, "k": 3, "overlong_buffer": BUFFER})
    algorithm = algorithm_of(config, MAX_TOKENS)
    batch, width = rows(), max(LENGTHS)
    mask = mask_rows(batch, width)
    advantages = group_advantages(batch, algorithm, width).double()
    advantages = whiten(advantages, mask) if algorithm.whitens else advantages * mask
    weights = algorithm.weights(mask.double(), Extent(sum(LENGTHS), len(LENGTHS), MAX_TOKENS))
    assert isinstance(weights, torch.Tensor)
    halves = [slice(0, 3), slice(3, 10)]  # As micro-batches have it.
    total = torch.zeros((), dtype=torch.float64)
    for part in halves:
        some = TokenBatch(new[part], old[part], advantages[part], weights[part])
        total = total + algorithm.loss(some)[0]
    return total


def policies(seed: int, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    old = torch.tensor(-rng.exponential(1.0, (len(LENGTHS), max(LENGTHS))))
    scale = 1e-4 if kind == "gspo" else 0.3
    new = old + torch.tensor(rng.normal(scale=scale, size=old.shape))
    return torch.where(mask_rows(rows(), max(LENGTHS)) > 0, new, torch.nan), old


def ragged(x: torch.Tensor) -> list[list[float]]:
    return [row[:n].tolist() for row, n in zip(x.detach(), LENGTHS, strict=True)]


def slopes(loss: Callable[[list[list[float]]], float], at: list[list[float]]) -> list[float]:
    found = []
    for i, row in enumerate(at):
        for t in range(len(row)):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [list(one) for one in at]
                moved[i][t] += step
                ends.append(loss(moved))
            found.append((ends[0] - ends[1]) / 2e-6)
    return found


KINDS = [
    *("dapo", "gspo", "cispo", "maxrl", "pass_at_k"),
    *("reinforce_pp", "reinforce_pp_baseline"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_loss_and_gradient_are_the_papers(kind: str, seed: int) -> None:
    new, old = policies(seed, kind)
    new.requires_grad_()
    loss = ours(kind, new, old)
    was, olds = ragged(new), ragged(old)
    assert loss.item() == pytest.approx(plain_loss(kind, was, olds), abs=1e-6)
    loss.backward()
    assert new.grad is not None
    mine = [g for row, n in zip(new.grad, LENGTHS, strict=True) for g in row[:n].tolist()]

    def wanted(moved: list[list[float]]) -> float:
        if kind != "cispo":
            return plain_loss(kind, moved, olds)
        # The weight is that of where we stand.
        factors = [
            [min(exp(n - o), 5.0) for n, o in zip(*pair, strict=True)]
            for pair in zip(was, olds, strict=True)
        ]
        return -sum(
            f * a * x / sum(LENGTHS)
            for a, fs, row in zip(per_candidate(kind), factors, moved, strict=True)
            for f, x in zip(fs, row, strict=True)
        )

    assert mine == pytest.approx(slopes(wanted, was), abs=1e-6)
    assert (new.grad[mask_rows(rows(), max(LENGTHS)) == 0] == 0).all()


def test_weights_against_the_engine_multiply_every_loss() -> None:
    for kind in ["grpo", *KINDS]:
        new, old = policies(0, kind)
        algorithm = algorithm_of(GroupConfig.model_validate({"type": kind}), MAX_TOKENS)
        mask = mask_rows(rows(), max(LENGTHS)).double()
        weights = algorithm.weights(mask, Extent(sum(LENGTHS), len(LENGTHS), MAX_TOKENS))
        gains = torch.ones_like(mask)
        once = algorithm.loss(TokenBatch(new, old, gains, weights))[0]
        half = algorithm.loss(TokenBatch(new, old, gains, weights, 0.5 * mask))[0]
        assert half.item() == pytest.approx(0.5 * once.item(), abs=1e-12)


def test_pass_at_k_with_no_or_only_right_sets_has_no_signal() -> None:
    from veritune.trainer.algorithms.pass_at_k import set_advantages

    assert set_advantages(8, 8, 4) == set_advantages(8, 3, 4) == set_advantages(0, 0, 4) == (0, 0)
    right, wrong = set_advantages(8, 7, 4)
    assert right > 0 > wrong
    assert right + 7 * wrong == pytest.approx(0, abs=1e-12)


class Mine:
    """An own algorithm: REINFORCE without a baseline."""

    whitens = False

    def __init__(self, config: GroupConfig) -> None:
        self.config = config

    def advantages(self, group: Sequence[TokenRow]) -> list[Any]:
        return [list(row.credit.outcome) for row in group]

    def weights(self, mask: torch.Tensor, extent: Extent) -> torch.Tensor:
        return mask / extent.candidates

    def loss(self, batch: TokenBatch) -> tuple[torch.Tensor, torch.Tensor]:
        inside = batch.weights > 0
        terms = torch.where(inside, batch.logprobs, 0.0) * batch.advantages
        return -(batch.weights * terms).sum(), torch.zeros(())


def test_an_own_algorithm_is_named_by_its_path() -> None:
    config = GroupConfig.model_validate({"type": f"{__name__}:Mine"})
    algorithm = algorithm_of(config, MAX_TOKENS)
    assert isinstance(algorithm, Mine)
    assert group_advantages(rows(), algorithm, 12)[0, 0].item() == 1.0
    for path, why in (("no.such:Thing", "imported"), (f"{__name__}:TokenRow", "has no whitens")):
        with pytest.raises(RecipeError, match=why):
            algorithm_of(GroupConfig.model_validate({"type": path}), MAX_TOKENS)


def test_clips_are_the_papers_unless_the_recipe_says_other() -> None:
    dapo = GroupConfig.model_validate({"type": "dapo", "clip_eps_high": 0.3})
    assert (dapo.clip_eps_low, dapo.clip_eps_high) == (0.2, 0.3)
    gspo = GroupConfig(type="gspo")
    assert (gspo.clip_eps_low, gspo.clip_eps_high) == (3e-4, 4e-4)
    assert log(1 + GroupConfig(type="grpo").clip_eps_high) < 0.2
