"""PPO on an adapter trains the adapter alone, and holds its base once."""

from pathlib import Path

import pytest
import torch
from ppo_cases import BASIC, some_rollouts, start, trainer_of

from veritune.config import LoraConfig
from veritune.models import load_policy
from veritune.models.adapters import save_adapter
from veritune.trainer.learner import open_learner

SLOW_OWN = pytest.param("own", marks=pytest.mark.slow)


@pytest.mark.parametrize("critic", ["shared", SLOW_OWN])
def test_an_adapter_is_trained_alone_and_goes_on(tmp_path: Path, critic: str) -> None:
    base = start(tmp_path)
    policy = reference = save_adapter(base.path, LoraConfig(rank=2), 0, tmp_path / "adapter")
    config = BASIC.model_copy(update={"critic": critic, "critic_warmup_epochs": 1})
    for round in range(1, 3):
        rollouts = some_rollouts(policy)
        policy = trainer_of(config, reference).update(policy, rollouts, tmp_path / f"r{round}")
    assert (Path(policy.path) / "adapter_config.json").is_file()
    adapted, (untouched, _) = load_policy(policy.path)[0], load_policy(base.path)
    plain = {
        name.removeprefix("base_model.model.").replace(".base_layer", ""): value
        for name, value in adapted.state_dict().items()
        if "lora_" not in name
    }
    for name, value in untouched.state_dict().items():
        assert torch.equal(value, plain[name]), name
    assert policy.policy != reference.policy


def test_a_critic_on_an_adapter_holds_the_base_once(tmp_path: Path) -> None:
    base = start(tmp_path)
    policy = save_adapter(base.path, LoraConfig(rank=2), 0, tmp_path / "adapter")
    learner = open_learner(policy, policy, BASIC.model_copy(update={"critic": "own"}))
    assert learner.critic is not None
    places = [
        {p.data_ptr() for p in model.parameters() if not p.requires_grad}
        for model in (learner.model, learner.critic.model)
    ]
    assert places[0] == places[1]
    own = [
        {p.data_ptr() for p in model.parameters() if p.requires_grad}
        for model in (learner.model, learner.critic.model)
    ]
    assert not own[0] & own[1]
