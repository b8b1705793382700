"""Group baselines: the loss of each against a plain loop, and that each learns."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from veritune.config import GroupConfig, SamplerConfig, ScratchConfig
from veritune.models import build_scratch, load_policy, save_policy
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.sampler import NativeSampler
from veritune.trainer import Rollout
from veritune.trainer.groups import GroupTrainer, with_gradient

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=32)
KINDS = ["rloo", "grpo", "dr_grpo"]
LONGEST = 9


def start(folder: Path) -> Checkpoint:
    return save_policy(*build_scratch(TINY, 0, "abcd="), folder / "start")


def problem(name: str) -> Problem:
    return MathProblem(id=name, prompt=name, reference=MathReference(answer="1"))


def rollouts(policy: Checkpoint, n: int, tokens: int, round: int, judge: Any) -> list[Rollout]:
    asked = [problem("a="), problem("bb=")]
    sampler = NativeSampler(SamplerConfig(n=n, max_tokens=tokens), seed=1)
    sampler.load(policy)
    drawn = sampler.sample(asked, [range(n)] * 2, round=round)
    out = []
    for c in sorted(drawn, key=lambda c: (c.problem_id, c.index)):
        score = judge(c)
        verdict = Verdict(
            problem_id=c.problem_id,
            index=c.index,
            outcome="passed" if score >= 0.5 else "failed",
            score=score,
            reason="",
        )
        ended = replace(c, finish_reason="stop")
        out.append(Rollout(problem=asked[c.problem_id == "bb="], candidate=ended, verdict=verdict))
    return out


def trainer_of(config: GroupConfig, reference: Checkpoint, **more: Any) -> GroupTrainer:
    return GroupTrainer(
        config, reference=reference, temperature=1.0, max_tokens=LONGEST, seed=3, **more
    )


def plain_loss(
    kind: str, batch: Sequence[Rollout], model: Any, tokenizer: Any, epsilon: float = 1e-4
) -> torch.Tensor:
    """The papers' formulas, a candidate and a token at a time; the ratio is 1."""
    scores: dict[str, list[float]] = {}
    for r in batch:
        scores.setdefault(r.problem.id, []).append(float(r.verdict.score or 0.0))
    tokens = sum(len(r.candidate.token_ids or ()) for r in batch)
    total = torch.zeros((), dtype=torch.float64)
    for r in batch:
        group, own = np.array(scores[r.problem.id]), float(r.verdict.score or 0.0)
        n, ids = len(group), list(r.candidate.token_ids or ())
        gain = {
            "rloo": own - (group.sum() - own) / (n - 1),
            "grpo": (own - group.mean()) / (group.std(ddof=1) + epsilon),
            "dr_grpo": own - group.mean(),
        }[kind]
        weight = {
            "rloo": 1 / tokens,
            "grpo": 1 / (len(batch) * len(ids)),
            "dr_grpo": 1 / (len(batch) * LONGEST),
        }[kind]
        prompt = tokenizer(r.problem.prompt)["input_ids"]
        logits = model(torch.tensor([[*prompt, *ids]])).logits[0, len(prompt) - 1 : -1]
        logp = torch.log_softmax(logits, -1)[range(len(ids)), ids].sum()
        total = total - weight * gain * logp
    return total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("equal", [(), ("a=",)])
def test_the_first_step_is_that_of_the_papers_formula(
    tmp_path: Path, kind: str, equal: tuple[str, ...]
) -> None:
    """One step of plain gradient ascent's direction, as AdamW's first moment remembers it; also
    where the candidates of one problem earned the same and are not computed."""
    from safetensors.torch import load_file

    policy = start(tmp_path)
    told = random.Random(2)
    batch = rollouts(
        policy,
        6,
        LONGEST,
        1,
        lambda c: 1.0 if c.problem_id in equal else round(told.random(), 2),
    )
    config = GroupConfig.model_validate(
        {"type": kind, "mini_batch_size": 12, "micro_batch_size": 5, "max_grad_norm": 1e9}
    )
    out = trainer_of(config, policy).update(policy, batch, tmp_path / "out")
    moments = load_file(Path(out.path) / "trainer" / "optimizer.safetensors")
    model, tokenizer = load_policy(policy.path)
    model = model.double()
    plain_loss(kind, batch, model, tokenizer).backward()
    for name, parameter in model.named_parameters():
        first = moments[f"exp_avg/{name}"] / 0.1
        assert torch.allclose(first.double(), parameter.grad, atol=1e-5), name


@pytest.mark.parametrize("kind", KINDS)
def test_each_finds_the_best_arm(tmp_path: Path, kind: str) -> None:
    def arms(candidate: Candidate) -> float:
        return {"a": 0.2, "b": 0.5, "c": 1.0}.get(candidate.text, 0.0)

    config = GroupConfig.model_validate(
        {"type": kind, "mini_batch_size": 32, "learning_rate": 2e-2, "epochs": 2}
    )
    policy = reference = start(tmp_path)
    trainer = trainer_of(config, reference)
    for round in range(8):
        batch = rollouts(policy, 32, 1, round, arms)
        policy = trainer.update(policy, batch, tmp_path / f"round-{round % 2}")
    model, tokenizer = load_policy(policy.path)
    ids = tokenizer("a=", return_tensors="pt")["input_ids"]
    assert torch.softmax(model(ids).logits[0, -1], -1)[tokenizer.convert_tokens_to_ids("c")] > 0.9


def test_rows_without_an_advantage_are_not_computed_but_one_for_each_process() -> None:
    advantages = torch.tensor([[0.0, 0.0], [0.0, -1.0], [0.0, 0.0], [float("nan"), 0.0]])
    assert with_gradient(advantages, [3, 2, 1, 0], 1) == [3, 1]
    assert with_gradient(advantages, [2, 0], 1) == [2]
    assert with_gradient(advantages, [2, 1, 0], 2) == [1, 2]
    assert with_gradient(advantages, [0], 2) == [0]


def test_equal_groups_teach_nothing_and_are_told(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rows: list[dict[str, Any]] = []
    config = GroupConfig(type="grpo", learning_rate=1e-2)
    batch = rollouts(policy, 6, LONGEST, 1, lambda c: 1.0)
    out = trainer_of(config, policy, on_step=rows.append).update(policy, batch, tmp_path / "out")
    before, after = load_policy(policy.path)[0], load_policy(out.path)[0]
    for one, two in zip(before.parameters(), after.parameters(), strict=True):
        assert torch.equal(one, two)
    assert rows[0]["mixed_groups"] == 0.0
    assert any("no signal within groups" in text for text in rows[0]["warnings"])


@pytest.mark.slow
def test_a_round_in_several_steps_with_a_kl_goes_on_exactly_from_disk(tmp_path: Path) -> None:
    config = GroupConfig(
        type="rloo",
        mini_batch_size=4,
        epochs=2,
        kl_coef=0.1,
        learning_rate=1e-3,
        importance_cap=2.0,
    )
    policy = start(tmp_path)
    kept, one, two = trainer_of(config, policy), policy, policy
    for round in range(3):
        batch = rollouts(one, 6, LONGEST, round, lambda c: float(len(c.text) % 2))
        one = kept.update(one, batch, tmp_path / f"kept-{round}")
        two = trainer_of(config, policy).update(two, batch, tmp_path / f"fresh-{round}")
        assert one.policy == two.policy
