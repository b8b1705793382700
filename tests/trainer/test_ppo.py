"""PPO on problems with a known optimum, its details, and that a killed one resumes exactly."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from warm import Warm

from veritune.config import CreditConfig, LoraConfig, PpoConfig, SamplerConfig, ScratchConfig
from veritune.errors import TrainingError
from veritune.models import build_scratch, load_policy, save_policy
from veritune.models.adapters import save_adapter
from veritune.models.value import load_head, save_head, value_head
from veritune.records import (
    Candidate,
    Checkpoint,
    MathProblem,
    MathReference,
    Problem,
    StepVerdict,
    Verdict,
)
from veritune.sampler import NativeSampler
from veritune.trainer import Rollout
from veritune.trainer.learner import STATE, open_learner
from veritune.trainer.ppo import PpoTrainer
from veritune.trainer.rollouts import minibatches, read_rows
from veritune.trainer.scoring import score

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=32)
SLOW_OWN = pytest.param("own", marks=pytest.mark.slow)
Judge = Callable[[Candidate], Verdict]


def start(folder: Path, characters: str = "abcd=") -> Checkpoint:
    return save_policy(*build_scratch(TINY, 0, characters), folder / "start")


def problem(name: str) -> Problem:
    return MathProblem(id=name, prompt=name, reference=MathReference(answer="1"))


def judge(candidate: Candidate, score: float, steps: Sequence[StepVerdict] = ()) -> Verdict:
    return Verdict(
        problem_id=candidate.problem_id,
        index=candidate.index,
        outcome="passed" if score >= 0.5 else "failed",
        score=score,
        reason="",
        steps=tuple(steps),
    )


def draw(
    policy: Checkpoint, problems: list[Problem], n: int, tokens: int, round: int
) -> list[Candidate]:
    sampler = NativeSampler(SamplerConfig(n=n, max_tokens=tokens), seed=1)
    sampler.load(policy)
    drawn = sampler.sample(problems, [range(n)] * len(problems), round=round)
    return sorted(drawn, key=lambda c: (c.problem_id, c.index))


def trainer_of(config: PpoConfig, reference: Checkpoint, **more: Any) -> PpoTrainer:
    return PpoTrainer(config, reference=reference, temperature=1.0, seed=3, **more)


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


QUICK = PpoConfig(
    type="ppo",
    learning_rate=1e-2,
    epochs=2,
    mini_batch_size=64,
    kl_coef=0.0,
    critic_learning_rate=1e-2,
    value_clip_eps=0.0,
)


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


def some_rollouts(policy: Checkpoint, n: int = 12) -> list[Rollout]:
    asked = [problem("a="), problem("b=d")]
    told = random.Random(5)
    return [
        Rollout(
            problem=asked[c.problem_id == "b=d"],
            candidate=c,
            verdict=judge(c, float(told.random() < 0.5)),
        )
        for c in draw(policy, asked, n, 10, 1)
    ]


BASIC = PpoConfig(type="ppo", learning_rate=1e-3, epochs=2, mini_batch_size=8, micro_batch_size=8)


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


def test_scores_of_a_row_do_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    policy = start(tmp_path)
    model, tokenizer = load_policy(policy.path)
    rows, _ = read_rows(some_rollouts(policy), tokenizer, CreditConfig())
    width = max(row.length for row in rows)
    with torch.no_grad():
        together = score(model.double(), rows, width, 0.7).logprobs
        for i, row in enumerate(rows):
            alone = score(model, [row], row.length, 0.7).logprobs[0]
            logits = model(torch.tensor([row.ids])).logits[0] / 0.7
            plain = torch.log_softmax(logits, -1)[range(len(row.ids) - 1), row.ids[1:]]
            assert torch.allclose(together[i, : row.length], alone, atol=1e-6)
            assert torch.allclose(alone, plain[row.prompt - 1 :], atol=1e-6)


def test_the_trainers_log_probabilities_are_those_of_the_sampler(tmp_path: Path) -> None:
    policy = start(tmp_path)
    model, tokenizer = load_policy(policy.path)
    rollouts = some_rollouts(policy)
    rows, _ = read_rows(rollouts, tokenizer, CreditConfig())
    for row, rollout in zip(rows, rollouts, strict=True):
        with torch.no_grad():
            ours = score(model, [row], row.length, 1.0).logprobs[0]
        assert ours.tolist() == pytest.approx(rollout.candidate.logprobs, abs=1e-4)


def test_candidates_whose_checker_broke_change_nothing(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollouts = some_rollouts(policy)
    broken = [replace(r, verdict=replace(r.verdict, outcome="error", score=None)) for r in rollouts]
    rows: list[dict[str, Any]] = []
    without = trainer_of(BASIC, policy).update(policy, rollouts, tmp_path / "without")
    trainer = trainer_of(BASIC, policy, on_step=rows.append)
    beside = trainer.update(policy, [*rollouts, *broken], tmp_path / "with")
    assert beside.policy == without.policy
    assert rows[0]["errors"] == 0.5
    with pytest.raises(TrainingError, match="all have verifier errors"):
        trainer_of(BASIC, policy).update(policy, broken, tmp_path / "none")


def test_rollouts_of_another_tokenisation_are_refused(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollout = some_rollouts(policy)[0]
    bare = replace(rollout, candidate=replace(rollout.candidate, token_ids=None))
    with pytest.raises(TrainingError, match="has no token_ids"):
        trainer_of(BASIC, policy).update(policy, [bare], tmp_path / "out")


def test_candidates_of_another_policy_are_refused(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollouts = some_rollouts(policy)
    later = trainer_of(BASIC, policy).update(policy, rollouts, tmp_path / "later")
    with pytest.raises(TrainingError, match=f"sampled by policy {policy.policy}, and"):
        trainer_of(BASIC, policy).update(later, rollouts, tmp_path / "out")


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
