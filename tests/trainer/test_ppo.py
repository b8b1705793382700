"""PPO on problems with a known optimum, and the details of its steps."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from ppo_cases import BASIC, Judge, draw, judge, problem, some_rollouts, start, trainer_of

from veritune.config import PpoConfig
from veritune.models import load_policy, save_policy
from veritune.models.value import load_head, save_head, value_head
from veritune.records import Candidate, Checkpoint, Verdict
from veritune.trainer import Rollout
from veritune.trainer.learner import STATE
from veritune.trainer.rollouts import minibatches

QUICK = PpoConfig(
    type="ppo",
    learning_rate=1e-2,
    epochs=2,
    mini_batch_size=64,
    kl_coef=0.0,
    critic_learning_rate=1e-2,
    value_clip_eps=0.0,
)


def learn(
    folder: Path, config: PpoConfig, told: Judge, *, rounds: int, tokens: int, n: int = 64
) -> Checkpoint:
    """Episodes of exactly `tokens` actions: the last one ends them, as the task has it."""
    policy = reference = start(folder)
    trainer, asked = trainer_of(config, reference), [problem("a="), problem("b=")]
    for round in range(1, rounds + 1):
        drawn = [replace(c, finish_reason="stop") for c in draw(policy, asked, n, tokens, round)]
        rollouts = [
            Rollout(problem=asked[c.problem_id == "b="], candidate=c, verdict=told(c))
            for c in drawn
        ]
        policy = trainer.update(policy, rollouts, folder / f"round-{round % 2}")
    return policy


def test_a_bandit_finds_the_best_arm_of_each_context(tmp_path: Path) -> None:
    """Expected scores .2, .5, .9 and 0 for a, b, c and d; for the prompt b= c and a swap."""

    def arms(candidate: Candidate) -> Verdict:
        means = {"a": 0.2, "b": 0.5, "c": 0.9}
        if candidate.problem_id == "b=":
            means = {"a": 0.9, "b": 0.5, "c": 0.2}
        luck = random.Random(f"{candidate.problem_id} {candidate.index} {candidate.policy}")
        return judge(candidate, float(luck.random() < means.get(candidate.text, 0.0)))

    policy = learn(tmp_path, QUICK, arms, rounds=12, tokens=1)
    model, tokenizer = load_policy(policy.path)
    for prompt, best in (("a=", "c"), ("b=", "a")):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        shares = torch.softmax(model(ids).logits[0, -1], -1)
        assert shares[tokenizer.convert_tokens_to_ids(best)] > 0.9


@pytest.mark.slow
def test_a_chain_of_five_states_is_walked_to_its_end(tmp_path: Path) -> None:
    """`a` moves one state further and all else back to the start; the fifth pays 1, a last `b` .15.

    The reward comes at the end alone. By chance the end is reached once in 8^5 = 32,768 walks.
    """

    def walk(candidate: Candidate) -> Verdict:
        state = len(candidate.text) - len(candidate.text.rstrip("a"))
        ended_early = len(candidate.token_ids or ()) < 5
        score = {5: 1.0}.get(state, 0.1 * state)
        return judge(
            candidate, 0.0 if ended_early else max(score, 0.15 * (candidate.text[-1:] == "b"))
        )

    policy = learn(tmp_path, QUICK, walk, rounds=25, tokens=5)
    drawn = draw(policy, [problem("a=")], 100, 5, 99)
    assert sum(c.text == "aaaaa" for c in drawn) > 90


def test_figures_of_every_step(tmp_path: Path) -> None:
    policy, rows = start(tmp_path), []
    trainer_of(BASIC, policy, on_step=rows.append).update(
        policy, some_rollouts(policy), tmp_path / "out"
    )
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[0]["clip_fraction"] == 0.0
    assert rows[0]["approx_kl"] == pytest.approx(0.0, abs=1e-6)
    assert rows[0]["kl"] == pytest.approx(0.0, abs=1e-5)
    named = {"loss", "value_loss", "entropy", "explained_variance", "grad_norm", "mixed_groups"}
    assert named <= set(rows[-1])


def test_the_learning_rate_warms_up_over_steps_and_falls_over_rounds(tmp_path: Path) -> None:
    policy, rows = start(tmp_path), []
    config = BASIC.model_copy(update={"warmup_steps": 3, "decay": 2, "epochs": 1})
    trainer = trainer_of(config, policy, on_step=rows.append)
    for round in range(2):
        policy = trainer.update(policy, some_rollouts(policy), tmp_path / f"r{round}")
    shares = [row["learning_rate"] / 1e-3 for row in rows]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 0.5, 0.5, 0.5])


def test_a_pass_reads_every_candidate_once_in_an_order_of_the_seed() -> None:
    groups = [f"p{i % 11}" for i in range(22)]

    def order(seed: int, epoch_index: int) -> list[list[int]]:
        return list(minibatches(groups, 8, seed, epoch_index))

    first = order(1, 0)
    assert sorted(i for part in first for i in part) == list(range(22))
    assert [len(part) for part in first] == [8, 7, 7]
    assert [i % 11 for i in first[0]] == [i % 11 for i in first[0][::2] for _ in range(2)]
    assert first == order(1, 0) and first != order(1, 1) and first != order(2, 0)


def test_the_kl_controller_steers_towards_its_target(tmp_path: Path) -> None:
    policy = start(tmp_path)
    config = BASIC.model_copy(update={"kl_target": 5.0, "kl_coef": 0.1})
    out = trainer_of(config, policy).update(policy, some_rollouts(policy), tmp_path / "out")
    saved = (Path(out.path) / STATE / "counters.json").read_text()
    assert '"kl": 0.098' in saved  # 0.1 (1 - 0.1 x 0.2): below target by more than the bound


def test_what_was_learned_does_not_depend_on_the_micro_batch(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollouts = some_rollouts(policy)
    weights = []
    for size in (1, 3, 8):
        config = BASIC.model_copy(
            update={"micro_batch_size": size, "entropy_coef": 0.01, "kl_coef": 0.1}
        )
        out = trainer_of(config, policy).update(policy, rollouts, tmp_path / f"out-{size}")
        weights.append(load_policy(out.path)[0].state_dict())
    for name, value in weights[0].items():
        for other in weights[1:]:
            assert torch.allclose(value, other[name], atol=2e-5), name


def test_a_reward_model_is_where_a_critic_can_start(tmp_path: Path) -> None:
    policy = start(tmp_path)
    model, tokenizer = load_policy(policy.path)
    head = value_head(model)
    with torch.no_grad():
        head.bias.fill_(0.25)
    place = save_policy(model, tokenizer, tmp_path / "verify")
    save_head(head, Path(place.path))
    Path(place.path, "manifest.json").unlink()
    config = BASIC.model_copy(
        update={"critic": place.path, "critic_warmup_epochs": 0, "kl_coef": 0.0}
    )
    rows: list[dict[str, Any]] = []
    out = trainer_of(config, policy, on_step=rows.append).update(
        policy, some_rollouts(policy), tmp_path / "out"
    )
    saved, _ = load_policy(Path(out.path) / STATE / "critic")
    kept = load_head(Path(out.path) / STATE / "critic", saved)
    assert abs(kept.bias.item() - 0.25) < 0.02
    assert kept.bias.item() != 0.25
