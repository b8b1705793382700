"""What sampling has no use for leaves the GPU's memory between rounds, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from ppo_cases import BASIC, some_rollouts, start, trainer_of


def test_what_is_offloaded_between_rounds_comes_back(tmp_path: Path) -> None:
    config = BASIC.model_copy(update={"critic": "own"})
    policy = reference = start(tmp_path)
    kept = trainer_of(config, reference)
    other = trainer_of(config.model_copy(update={"offload": True}), reference)
    for round in range(1, 4):
        rollouts = some_rollouts(policy)
        trained = kept.update(policy, rollouts, tmp_path / f"kept-{round}")
        same = other.update(policy, rollouts, tmp_path / f"offloaded-{round}")
        assert trained.policy == same.policy
        policy = trained


@pytest.mark.gpu
@pytest.mark.parametrize("critic", ["shared", "own"])
def test_offloaded_a_trainer_leaves_the_gpu_its_policy_alone(tmp_path: Path, critic: str) -> None:
    config = BASIC.model_copy(update={"critic": critic, "offload": True})
    policy = start(tmp_path)
    trainer, before = trainer_of(config, policy), torch.cuda.memory_allocated()
    policy = trainer.update(policy, some_rollouts(policy), tmp_path / "round-1")
    held = trainer.held()
    assert held is not None and held.model.device.type == "cuda"
    weights = sum(p.nbytes for p in held.model.parameters())
    # Moments, or another model, would be as much again.
    assert torch.cuda.memory_allocated() - before < 1.5 * weights
