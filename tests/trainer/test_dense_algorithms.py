"""Algorithms that ask another model: against loops in float64, and that each learns."""

from collections.abc import Sequence
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from veritune.config import GroupConfig, LoraConfig, SamplerConfig, ScratchConfig
from veritune.errors import ModelError, RecipeError
from veritune.models import build_scratch, load_policy, save_adapter, save_policy
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.sampler import NativeSampler
from veritune.trainer import Rollout
from veritune.trainer.algorithms import algorithm_of
from veritune.trainer.algorithms.parts import RoundScores
from veritune.trainer.credit import Credit
from veritune.trainer.groups import GroupTrainer, group_advantages
from veritune.trainer.implicit import implicit_loss
from veritune.trainer.rollouts import mask_rows
from veritune.trainer.rows import TokenRow

LENGTHS, SCORES = [4, 2, 5, 3, 1, 3], [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]
GROUPS = ["a", "a", "a", "b", "b", "c"]
WIDTH, BETA = max(LENGTHS), 0.3
TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=32)


def rows() -> list[TokenRow]:
    return [
        TokenRow(
            [0] * (2 + n),
            2,
            credit=Credit(length=n, outcome=((n - 1, score),), steps=()),
            group=group,
            solved=score > 0.5,
        )
        for n, score, group in zip(LENGTHS, SCORES, GROUPS, strict=True)
    ]


def scores(seed: int) -> RoundScores:
    rng = np.random.default_rng(seed)
    old, other, reference = (
        torch.tensor(-rng.exponential(1.0, (len(LENGTHS), WIDTH))) for _ in range(3)
    )
    mask = mask_rows(rows(), WIDTH)
    other = torch.where(mask > 0, other, torch.nan)  # What stands on padding must not matter.
    return RoundScores(old, other, reference, mask.double(), GROUPS)


def algorithm(kind: str) -> Any:
    more = {"teacher": "some"} if kind == "distillation" else {"beta": BETA}
    return algorithm_of(GroupConfig.model_validate({"type": kind} | more), WIDTH)


def prime_by_hand(given: RoundScores) -> list[list[float]]:
    assert given.reference is not None
    reward = [
        [BETA * float(given.other[i, t] - given.reference[i, t]) for t in range(n)]
        for i, n in enumerate(LENGTHS)
    ]
    largest = max(abs(sum(reward[i][t:])) for i, n in enumerate(LENGTHS) for t in range(n))
    reward = [[value / max(largest, 1.0) for value in row] for row in reward]
    found = []
    for i, n in enumerate(LENGTHS):
        others = [j for j in range(len(LENGTHS)) if GROUPS[j] == GROUPS[i] and j != i]
        if not others:
            found.append([0.0] * n)
            continue
        outcome = SCORES[i] - sum(SCORES[j] for j in others) / len(others)
        base = sum(sum(reward[j]) / LENGTHS[j] for j in others) / len(others)
        found.append([outcome + sum(reward[i][s] - base for s in range(t, n)) for t in range(n)])
    return found


@pytest.mark.parametrize("kind", ["distillation", "prime"])
@pytest.mark.parametrize("seed", range(3))
def test_advantages_are_those_of_a_plain_loop(kind: str, seed: int) -> None:
    given, found = scores(seed), algorithm(kind)
    ours = group_advantages(rows(), found, WIDTH).double() + found.dense(given)
    if kind == "prime":
        wanted = prime_by_hand(given)
    else:
        gaps = given.other - given.old
        wanted = [gaps[i, :n].tolist() for i, n in enumerate(LENGTHS)]
    for row, n, values in zip(ours, LENGTHS, wanted, strict=True):
        assert row[:n].tolist() == pytest.approx(values, abs=1e-6)
        assert (row[n:] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_implicit_reward_model_learns_by_its_odds(seed: int) -> None:
    given = scores(seed)
    assert given.reference is not None
    other = given.other.clone().requires_grad_()
    passed = torch.tensor([row.solved for row in rows()])
    loss = implicit_loss(other, given.reference, given.mask, passed, BETA)
    loss.backward()
    total, slopes = 0.0, []
    for i, n in enumerate(LENGTHS):
        gaps = [float(given.other[i, t] - given.reference[i, t]) for t in range(n)]
        chance = 1 / (1 + exp(-BETA * sum(gaps)))
        total -= log(chance) if SCORES[i] > 0.5 else log(1 - chance)
        slopes.append(BETA * (chance - (SCORES[i] > 0.5)))
    assert loss.item() == pytest.approx(total, abs=1e-6)
    assert other.grad is not None
    for row, n, slope in zip(other.grad, LENGTHS, slopes, strict=True):
        assert row[:n].tolist() == pytest.approx([slope] * n, abs=1e-6)
        assert (row[n:] == 0).all()


def start(folder: Path, seed: int = 0, alphabet: str = "abcd=") -> Checkpoint:
    return save_policy(*build_scratch(TINY, seed, alphabet), folder / f"start-{seed}")


PROBLEM: Problem = MathProblem(id="a=", prompt="a=", reference=MathReference(answer="1"))


def drawn(policy: Checkpoint, n: int, tokens: int, round: int) -> list[Rollout]:
    sampler = NativeSampler(SamplerConfig(n=n, max_tokens=tokens), seed=1)
    sampler.load(policy)
    every = sorted(sampler.sample([PROBLEM], [range(n)], round=round), key=lambda c: c.index)
    return [Rollout(problem=PROBLEM, candidate=c, verdict=verdict(c)) for c in every]


def verdict(candidate: Candidate) -> Verdict:
    right = candidate.text.startswith("c")
    return Verdict(
        problem_id="a=",
        index=candidate.index,
        outcome="passed" if right else "failed",
        score=float(right),
        reason="",
    )


def trained(
    config: GroupConfig, policy: Checkpoint, folder: Path, rounds: int, tokens: int = 4
) -> tuple[Checkpoint, list[dict[str, Any]]]:
    steps: list[dict[str, Any]] = []
    trainer = GroupTrainer(
        config,
        reference=policy,
        temperature=1.0,
        max_tokens=tokens,
        seed=3,
        on_step=steps.append,
    )
    for round in range(rounds):
        batch = drawn(policy, 32, tokens, round)
        policy = trainer.update(policy, batch, folder / f"round-{round % 2}")
    return policy, steps


def first_token(policy: Checkpoint) -> torch.Tensor:
    model, tokenizer = load_policy(policy.path, device="cpu")
    ids = tokenizer("a=", return_tensors="pt")["input_ids"]
    return torch.softmax(model(ids).logits[0, -1], -1).detach()


def test_a_policy_becomes_its_teacher(tmp_path: Path) -> None:
    teacher, tokenizer = build_scratch(TINY, 5, "abcd=")
    with torch.no_grad():
        teacher.lm_head.weight *= 10  # Of strong opinions.
    taught = save_policy(teacher, tokenizer, tmp_path / "teacher")
    config = GroupConfig(
        type="distillation", teacher=taught.path, learning_rate=3e-3, max_grad_norm=10
    )
    policy, steps = trained(config, start(tmp_path), tmp_path, 30)
    gaps = [step["other_gap"] for step in steps]
    assert np.mean(gaps[-5:]) < 0.25 * np.mean(gaps[:3])
    both = (first_token(policy), first_token(taught))
    assert float((both[0] - both[1]).abs().sum()) < 0.4


def test_a_teacher_of_other_tokens_is_refused(tmp_path: Path) -> None:
    other = start(tmp_path, 5, "xyz=")
    config = GroupConfig(type="distillation", teacher=other.path)
    with pytest.raises(ModelError, match="its tokenizer has other tokens"):
        trained(config, start(tmp_path), tmp_path, 1)
    with pytest.raises(ValueError, match="needs a teacher"):
        GroupConfig(type="distillation")
    with pytest.raises(ValueError, match="nothing else takes one"):
        GroupConfig(type="grpo", teacher="some")


PRIME: dict[str, Any] = {"type": "prime", "learning_rate": 1e-2, "reward_learning_rate": 1e-2}


@pytest.mark.parametrize("lora", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_prime_learns_what_passes_and_which_token_it_is(tmp_path: Path, lora: bool) -> None:
    policy = start(tmp_path)
    if lora:
        policy = save_adapter(policy.path, LoraConfig(rank=8), 0, tmp_path / "adapter")
    before = first_token(policy)
    config = GroupConfig.model_validate(PRIME | {"mini_batch_size": 16})
    policy, _ = trained(config, policy, tmp_path, 16)
    tokenizer = load_policy(policy.path)[1]
    right = tokenizer.convert_tokens_to_ids("c")
    # An adapter learns more slowly at the same rate.
    assert before[right] < 0.15 and first_token(policy)[right] > (0.4 if lora else 0.8)
    saved = Path(policy.path) / "trainer" / "critic"
    assert (saved / ("adapter_config.json" if lora else "config.json")).is_file()


@pytest.mark.slow
def test_prime_resumes_from_disk_exactly(tmp_path: Path) -> None:
    config = GroupConfig.model_validate(PRIME | {"epochs": 2, "mini_batch_size": 8})
    reference = one = two = start(tmp_path)

    def trainer() -> GroupTrainer:
        return GroupTrainer(config, reference=reference, temperature=0.7, max_tokens=4, seed=3)

    kept = trainer()
    for round in range(3):
        batch: Sequence[Rollout] = drawn(one, 12, 4, round)
        one = kept.update(one, batch, tmp_path / f"kept-{round}")
        two = trainer().update(two, batch, tmp_path / f"fresh-{round}")
        assert one.policy == two.policy


def test_an_algorithm_that_lacks_a_part_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="has no whitens"):
        algorithm_of(GroupConfig.model_validate({"type": f"{__name__}:Path"}), 4)
