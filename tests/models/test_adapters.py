"""Adapters: fresh ones change nothing, every trainer trains them alone, and merging keeps all."""

from pathlib import Path

import pytest
import torch

from veritune.config import (
    DpoConfig,
    LoraConfig,
    PairConfig,
    RewardConfig,
    ScratchConfig,
    SftConfig,
)
from veritune.errors import ModelError
from veritune.models import (
    build_scratch,
    load_policy,
    merge_adapter,
    policy_hash,
    save_adapter,
    save_policy,
)
from veritune.models.reward import load_reward_model
from veritune.records import Candidate, MathProblem, MathReference, StepVerdict, Verdict
from veritune.trainer import Example, Rollout, SftTrainer
from veritune.trainer.dpo import DpoTrainer
from veritune.trainer.reward_models import RewardTrainer

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
IDS = torch.tensor([[5, 6, 7, 8]])


def logits(path: str | Path) -> torch.Tensor:
    with torch.no_grad():
        out: torch.Tensor = load_policy(path)[0](input_ids=IDS).logits
    return out


def rollouts() -> list[Rollout]:
    found = []
    for i in range(8):
        id, right = f"{i // 2}+1=", i % 2 == 0
        problem = MathProblem(id=id, prompt=id, reference=MathReference(answer="1"))
        candidate = Candidate(problem_id=id, index=i % 2, text=str(i))
        step = StepVerdict(start=0, end=1, label="correct" if right else "incorrect", reason="")
        outcome = "passed" if right else "failed"
        verdict = Verdict(
            problem_id=id,
            index=i % 2,
            outcome=outcome,  # type: ignore[arg-type]
            score=float(right),
            reason="",
            steps=(step,),
        )
        found.append(Rollout(problem=problem, candidate=candidate, verdict=verdict))
    return found


@pytest.mark.parametrize("dora", [False, True])
def test_sft_trains_and_saves_the_adapter_alone_and_merging_keeps_what_it_says(
    dora: bool, tmp_path: Path
) -> None:
    base = save_policy(*build_scratch(TINY, 0), tmp_path / "base")
    fresh = save_adapter(base.path, LoraConfig(rank=4, dora=dora), 0, tmp_path / "fresh")
    assert torch.allclose(logits(fresh.path), logits(base.path), atol=1e-5)
    again = save_adapter(base.path, LoraConfig(rank=4, dora=dora), 0, tmp_path / "again")
    assert again.policy == fresh.policy
    config = SftConfig(max_steps=5, batch_size=4, learning_rate=1e-2)
    batch: list[Example] = list(rollouts())
    trained = SftTrainer(config, seed=0).update(fresh, batch, tmp_path / "trained")
    assert (tmp_path / "trained" / "adapter_model.safetensors").is_file()
    assert not (tmp_path / "trained" / "model.safetensors").exists()
    assert policy_hash(base.path) == base.policy
    assert (logits(trained.path) - logits(base.path)).abs().max() > 0.01
    merged = merge_adapter(trained.path, tmp_path / "merged")
    assert (tmp_path / "merged" / "model.safetensors").is_file()
    assert torch.allclose(logits(merged.path), logits(trained.path), atol=1e-4)


def test_dpo_and_reward_models_train_adapters_too(tmp_path: Path) -> None:
    base = save_policy(*build_scratch(TINY, 0), tmp_path / "base")
    fresh = save_adapter(base.path, LoraConfig(rank=4), 0, tmp_path / "fresh")
    trained = DpoTrainer(DpoConfig(max_steps=3, batch_size=2), PairConfig(), seed=0).update(
        fresh, rollouts(), tmp_path / "dpo"
    )
    assert (tmp_path / "dpo" / "adapter_model.safetensors").is_file()
    assert trained.policy != fresh.policy
    verified = [(r.problem, r.candidate, r.verdict) for r in rollouts()]
    trainer = RewardTrainer(RewardConfig(max_steps=3, batch_size=4), seed=0)
    reward = trainer.from_verdicts(fresh.path, "process", verified, tmp_path / "reward")
    assert (tmp_path / "reward" / "adapter_model.safetensors").is_file()
    assert load_reward_model(reward.path).numbers([[5, 6, 7]], [[(1, 2)]]).abs().item() > 0


def test_what_cannot_be_adapted_or_merged_is_said(tmp_path: Path) -> None:
    base = save_policy(*build_scratch(TINY, 0), tmp_path / "base")
    with pytest.raises(ModelError, match="no adapter fits"):
        save_adapter(base.path, LoraConfig(rank=4, target_modules=("nowhere",)), 0, tmp_path / "a")
    with pytest.raises(ModelError, match="nothing to merge"):
        merge_adapter(base.path, tmp_path / "m")
    fresh = save_adapter(base.path, LoraConfig(rank=4), 0, tmp_path / "fresh")
    with pytest.raises(ModelError, match="merge it first"):
        save_adapter(fresh.path, LoraConfig(rank=4), 0, tmp_path / "b")
