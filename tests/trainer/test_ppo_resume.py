"""A trainer of PPO, and a killed run, resume exactly."""

import time
from pathlib import Path

import pytest
from ppo_cases import BASIC, some_rollouts, start, trainer_of
from warm import Warm

SLOW_OWN = pytest.param("own", marks=pytest.mark.slow)


@pytest.mark.parametrize("critic", ["shared", SLOW_OWN])
def test_a_trainer_that_goes_on_from_disk_ends_with_the_same_parameters(
    tmp_path: Path, critic: str
) -> None:
    config = BASIC.model_copy(
        update={"critic": critic, "kl_target": 0.05, "critic_warmup_epochs": 2}
    )
    policy = reference = start(tmp_path)
    kept = trainer_of(config, reference)
    one, two = policy, policy
    for round in range(1, 4):
        rollouts = some_rollouts(one)
        one = kept.update(one, rollouts, tmp_path / f"kept-{round}")
        fresh = trainer_of(config, reference)
        two = fresh.update(two, rollouts, tmp_path / f"fresh-{round}")
        assert one.policy == two.policy


RUN = """
name = "killed"
threads = 1
[model.scratch]
layers = 1
width = 32
heads = 2
max_length = 64
[problems]
train = 40
test = 4
[problems.chain]
steps = 1
operators = "+"
[rounds]
count = 6
prompts = 10
keep_checkpoints = 2
[sampler]
n = 4
max_tokens = 8
[trainer]
type = "ppo"
epochs = 2
mini_batch_size = 10
learning_rate = 1e-3
kl_target = 0.1
[trainer.credit]
process = 1.0
[evaluation]
n = 1
k = 1
every = 3
"""


def run(recipe: Path, output: Path) -> Warm:
    return Warm("-m", "veritune", "run", recipe, "--output", output)


def final(output: Path) -> str:
    from veritune.models import policy_hash

    folders = sorted(path.name for path in (output / "killed" / "checkpoints").iterdir())
    assert folders == ["round-5", "round-6"]
    return policy_hash(output / "killed" / "checkpoints" / "round-6")


@pytest.mark.slow
def test_a_run_killed_in_the_middle_ends_with_the_same_parameters(tmp_path: Path) -> None:
    recipe = tmp_path / "killed.toml"
    recipe.write_text(RUN)
    whole = run(recipe, tmp_path / "whole")
    assert whole.wait() == 0, whole.said()
    broken = tmp_path / "broken"
    for seen in ("round-1", "round-4"):
        part = run(recipe, broken)
        while not (broken / "killed" / "checkpoints" / seen).is_dir() and part.poll() is None:
            time.sleep(0.002)
        part.kill()
    last = run(recipe, broken)
    assert last.wait() == 0, last.said()
    assert final(broken) == final(tmp_path / "whole")
