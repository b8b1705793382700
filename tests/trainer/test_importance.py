"""Weights against the engine that sampled: 1 where it is right, at any temperature; and a mask."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from veritune.config import GroupConfig, SamplerConfig, ScratchConfig, check_recipe
from veritune.errors import TrainingError
from veritune.models import build_scratch, encode_prompt, load_policy, save_policy
from veritune.records import Checkpoint, MathProblem, MathReference
from veritune.sampler import NativeSampler
from veritune.trainer.importance import importance_weights
from veritune.trainer.opening import CAP, open_policy_gradient
from veritune.trainer.policies import Policies
from veritune.trainer.rollouts import mask_rows
from veritune.trainer.rows import TokenRow

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=32)


def sampled(folder: Path, temperature: float) -> tuple[Checkpoint, list[TokenRow]]:
    policy = save_policy(*build_scratch(TINY, 0, "abcd="), folder / "start")
    sampler = NativeSampler(SamplerConfig(n=6, max_tokens=9, temperature=temperature), seed=1)
    sampler.load(policy)
    problem = MathProblem(id="1", prompt="a=", reference=MathReference(answer="1"))
    prompt = encode_prompt(load_policy(policy.path)[1], problem.prompt)
    rows = [
        TokenRow([*prompt, *(c.token_ids or ())], len(prompt), engine_logprobs=c.logprobs)
        for c in sampler.sample([problem], [range(6)], round=1)
    ]
    return policy, rows


def weights(
    policy: Checkpoint, rows: list[TokenRow], temperature: float, **more: float
) -> tuple[torch.Tensor, torch.Tensor, dict[str, float]]:
    config = GroupConfig.model_validate({"type": "grpo", "importance_cap": 2.0} | more)
    policies = Policies(config, policy, temperature, "float32")
    model, width = load_policy(policy.path)[0], max(row.length for row in rows)
    mask = mask_rows(rows, width)
    old = policies.logprobs(model, rows, width)
    found, metrics = importance_weights(policies, model, rows, old, mask, config, temperature)
    return found, mask, metrics


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_an_engine_that_computes_as_the_trainer_weighs_one(
    tmp_path: Path, temperature: float
) -> None:
    policy, rows = sampled(tmp_path, temperature)
    found, mask, metrics = weights(policy, rows, temperature)
    assert found[mask > 0].numpy() == pytest.approx(1.0, abs=1e-3)
    assert metrics["importance"] == pytest.approx(1.0, abs=1e-3)
    assert metrics["importance_masked"] == 0.0


def test_ratios_are_capped_and_a_candidate_gone_astray_is_masked(tmp_path: Path) -> None:
    policy, rows = sampled(tmp_path, 1.0)
    astray = [logprob - 3.0 for logprob in rows[2].engine_logprobs or ()]
    rows[2] = replace(rows[2], engine_logprobs=astray)
    found, mask, _ = weights(policy, rows, 1.0)
    assert (found[2][mask[2] > 0] == 2.0).all()
    found, mask, metrics = weights(policy, rows, 1.0, importance_window=0.5)
    assert (found[2] == 0).all()
    others = [0, 1, 3, 4, 5]
    assert found[others][mask[others] > 0].numpy() == pytest.approx(1.0, abs=1e-3)
    assert metrics["importance_masked"] == pytest.approx(1 / 6)


def test_without_the_engines_log_probabilities_there_is_no_correction(tmp_path: Path) -> None:
    policy, rows = sampled(tmp_path, 1.0)
    rows[0] = replace(rows[0], engine_logprobs=None)
    with pytest.raises(TrainingError, match="log-probabilities"):
        weights(policy, rows, 1.0)


@pytest.mark.parametrize(
    ("sampler", "overlap", "cap"), [("vllm", 0, CAP), ("native", 0, 0.0), ("native", 1, CAP)]
)
def test_it_is_on_where_an_engine_samples_or_an_older_policy(
    sampler: str, overlap: int, cap: float
) -> None:
    warm = {"type": sampler, "temperature": 1.0 if overlap else 0.7}
    values = {"trainer": {"type": "grpo"}, "sampler": warm, "rounds": {"overlap": overlap}}
    recipe = check_recipe(values, "test")
    assert isinstance(recipe.trainer, GroupConfig)
    start = Checkpoint(path="none", policy="0")
    trainer = open_policy_gradient(recipe, recipe.trainer, start, lambda step: None)
    assert trainer._config.importance_cap == cap  # type: ignore[attr-defined]
