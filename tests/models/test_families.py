"""Every family is sampled as transformers samples it, and learns in every way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from families import FAMILIES, save_family

from veritune.config import (
    PpoConfig,
    PromptConfig,
    RewardConfig,
    SamplerConfig,
    SftConfig,
)
from veritune.models import encode_problem, has_chat_template, load_policy, load_reward_model
from veritune.models.tokenizers import ids_fault
from veritune.problems import posed
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Verdict
from veritune.sampler import open_sampler
from veritune.trainer import Example, PpoTrainer, RewardTrainer, Rollout, SftTrainer
from veritune.trainer.batches import encode

PLAIN = MathProblem(id="p", prompt="What is 12 + 7?", reference=MathReference(answer="19"))
NEW = 12
QUICK = ("qwen3", "smollm2", "gemma2", "phi", "gpt-neox", "olmo2", "qwen3-moe")
"""One of each kind of architecture; the others are slow tests."""
GAP = 1e-4


@pytest.fixture(
    params=[
        family if family in QUICK else pytest.param(family, marks=pytest.mark.slow)
        for family in FAMILIES
    ]
)
def policy(request: pytest.FixtureRequest, tmp_path: Path) -> Checkpoint:
    return save_family(request.param, tmp_path / "model")


def chats() -> list[MathProblem]:
    config = PromptConfig(chat=True, system="Be brief.", prefill="It is")
    return [found for found in posed([PLAIN], config) if isinstance(found, MathProblem)]


def sampled(policy: Checkpoint, temperature: float, n: int) -> list[Candidate]:
    sampler = open_sampler(SamplerConfig(temperature=temperature, max_tokens=NEW), seed=0)
    sampler.load(policy)
    try:
        return sorted(sampler.sample(chats(), [range(n)], round=0), key=lambda one: one.index)
    finally:
        sampler.close()


def test_greedy_tokens_and_their_logprobs_are_transformers_own(policy: Checkpoint) -> None:
    assert has_chat_template(policy.path)
    (candidate,) = sampled(policy, 0.0, 1)
    model, tokenizer = load_policy(policy.path)
    prompt = torch.tensor([encode_problem(tokenizer, chats()[0])])
    with torch.no_grad():
        wanted = model.generate(prompt, do_sample=False, max_new_tokens=NEW)
        ids = wanted[0, prompt.shape[1] :]
        logits = model(wanted).logits[0, prompt.shape[1] - 1 : -1].float()
    assert candidate.token_ids == ids.tolist()
    logprobs = torch.log_softmax(logits, -1).gather(1, ids[:, None])[:, 0]
    assert candidate.logprobs is not None
    assert (torch.tensor(candidate.logprobs) - logprobs).abs().max() <= GAP


def test_one_step_of_each_trainer(policy: Checkpoint, tmp_path: Path) -> None:
    problem = chats()[0]
    candidates = sampled(policy, 1.0, 4)
    batch = [Example(problem=problem, candidate=candidate) for candidate in candidates]
    tuned = SftTrainer(SftConfig(max_steps=1, batch_size=2), seed=0).update(
        policy, batch, tmp_path / "sft"
    )
    assert tuned.policy != policy.policy
    rollouts = [
        Rollout(problem=problem, candidate=candidate, verdict=verdict(candidate))
        for candidate in candidates
    ]
    steps: list[object] = []
    ppo = PpoTrainer(
        PpoConfig(type="ppo", mini_batch_size=4),
        reference=policy,
        temperature=1.0,
        seed=0,
        on_step=steps.append,
    )
    assert ppo.update(policy, rollouts, tmp_path / "ppo").policy != policy.policy and steps
    verified = [(problem, candidate, verdict(candidate)) for candidate in candidates]
    made = RewardTrainer(RewardConfig(max_steps=1, batch_size=2), seed=0).from_verdicts(
        policy.path, "outcome", verified, tmp_path / "reward"
    )
    assert load_reward_model(made.path).kind == "outcome"


def test_ids_of_another_tokenizer_are_not_trained_on(tmp_path: Path) -> None:
    policy = save_family("qwen2", tmp_path / "model")
    _, words = load_policy(policy.path)
    own = words("It is 19.", add_special_tokens=False)["input_ids"]
    said = Candidate(problem_id="p", index=0, text="It is 19.", token_ids=own)
    assert encode(words, [1], said).ids == [1, *own]
    for other in ([*own[1:], own[0]], [*own, 100_000]):
        row = encode(words, [1], replace(said, token_ids=other))
        assert row.ids == [1, *own, words.eos_token_id]


def test_a_tokenizer_that_is_not_as_written_is_found_out(tmp_path: Path) -> None:
    policy = save_family("qwen2", tmp_path / "model")
    _, words = load_policy(policy.path)
    path = tmp_path / "model" / "tokenizer.json"
    assert ids_fault(words, path.parent) is None
    written = json.loads(path.read_text())
    vocabulary = written["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    path.write_text(json.dumps(written))
    assert "gives other ids than its tokenizer.json says" in str(ids_fault(words, path.parent))


def verdict(candidate: Candidate) -> Verdict:
    right = candidate.index % 2 == 0
    return Verdict(
        problem_id="p",
        index=candidate.index,
        outcome="passed" if right else "failed",
        score=float(right),
        reason="",
    )
