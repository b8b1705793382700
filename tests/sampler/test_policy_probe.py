"""A sampler that runs other weights than it says is found out."""

from pathlib import Path

import numpy as np
import pytest
import torch

from veritune.config import SamplerConfig, ScratchConfig
from veritune.errors import PolicyMismatchError
from veritune.models import build_scratch, load_policy, save_policy
from veritune.records import Checkpoint
from veritune.sampler import NativeSampler
from veritune.sampler.policy_probe import build_policy_probe, check_scores, compare_logprobs

SHAPE = ScratchConfig(layers=1, width=32, heads=2, max_length=64)


def policy(folder: Path, seed: int) -> Checkpoint:
    return save_policy(*build_scratch(SHAPE, seed), folder / f"policy-{seed}")


def noisy(scores: object, size: float) -> list[list[float]]:
    values = np.asarray(scores)
    return (values + np.random.default_rng(0).normal(0, size, values.shape)).tolist()


def test_a_folder_that_changed_is_refused(tmp_path: Path) -> None:
    checkpoint, other = policy(tmp_path, 0), policy(tmp_path, 1)
    swapped = Checkpoint(path=other.path, policy=checkpoint.policy)
    with pytest.raises(PolicyMismatchError, match="was changed after it was saved"):
        NativeSampler(SamplerConfig(), seed=0).load(swapped)


def test_rounding_passes_and_the_gap_is_measured(tmp_path: Path) -> None:
    policy_probe = build_policy_probe(policy(tmp_path, 0), SamplerConfig(), "float32")
    found = check_scores(
        noisy(policy_probe.scores, 1e-6), policy_probe.scores, {}, "float32", "name"
    )
    assert 0 < found.mean < 1e-5
    assert 1 < found.max_ratio < 1.0001
    assert 0 <= found.kl < 1e-9


def test_other_weights_are_found_out(tmp_path: Path) -> None:
    ours = build_policy_probe(policy(tmp_path, 0), SamplerConfig(), "float32")
    theirs = build_policy_probe(policy(tmp_path, 1), SamplerConfig(), "float32")
    with pytest.raises(PolicyMismatchError, match="does not run policy name"):
        check_scores(theirs.scores, ours.scores, {}, "float32", "name")


def test_yesterdays_weights_are_found_out_though_they_are_near(tmp_path: Path) -> None:
    before = policy(tmp_path, 0)
    model, tokenizer = load_policy(before.path, device="cpu")
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 5e-5 * torch.randn_like(weight)
    after = save_policy(model, tokenizer, tmp_path / "after")
    old, new = (build_policy_probe(c, SamplerConfig(), "float32") for c in (before, after))
    assert compare_logprobs(old.scores, new.scores).mean < 1e-3, (
        "near enough for the tolerance alone"
    )
    engine = noisy(old.scores, 1e-6)
    check_scores(engine, new.scores, {}, "float32", "name")
    with pytest.raises(PolicyMismatchError, match="the sampler runs the policy before it, not"):
        check_scores(engine, new.scores, {"the policy before it": old.scores}, "float32", "name")
    check_scores(
        noisy(new.scores, 1e-6), new.scores, {"the policy before it": old.scores}, "float32", "name"
    )


def test_an_adapter_that_is_not_applied_is_found_out(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    model, tokenizer = load_policy(policy(tmp_path, 0).path, device="cpu")
    adapted = get_peft_model(model, LoraConfig(r=9, target_modules=["v_proj"]))
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.01)
    checkpoint = save_policy(adapted, tokenizer, tmp_path / "adapter")
    policy_probe = build_policy_probe(checkpoint, SamplerConfig(), "float32")
    assert policy_probe.rank == 16 and policy_probe.base_scores is not None
    with pytest.raises(PolicyMismatchError, match="runs the base model without the adapter"):
        check_scores(
            policy_probe.base_scores, policy_probe.scores, policy_probe.mistakes, "float32", "name"
        )
