"""A sampler that runs other weights than it says is found out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from veritune.config import SamplerConfig, ScratchConfig
from veritune.errors import PolicyMismatchError
from veritune.models import build_scratch, load_policy, save_policy
from veritune.records import Checkpoint
from veritune.sampler import NativeSampler
from veritune.sampler.columns import check_columns, column_sum, read_columns
from veritune.sampler.policy_probe import (
    build_policy_probe,
    check_scores,
    compare_logprobs,
    probe_batch,
)

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


def test_the_policy_that_is_there_is_not_read_again(tmp_path: Path) -> None:
    sampler, checkpoint = NativeSampler(SamplerConfig(), seed=0), policy(tmp_path, 0)
    sampler.load(checkpoint)
    there = sampler._policy
    sampler.load(checkpoint)
    assert sampler._policy is there
    sampler.load(policy(tmp_path, 1))
    assert sampler._policy is not there
    sampler.load(checkpoint)
    weights = load_file(Path(checkpoint.path) / "model.safetensors")
    first = next(iter(weights))
    weights[first] = weights[first] + 1
    save_file(weights, Path(checkpoint.path) / "model.safetensors", {"format": "pt"})
    with pytest.raises(PolicyMismatchError, match="was changed after it was saved"):
        sampler.load(checkpoint)


def test_rounding_passes_and_the_gap_is_measured(tmp_path: Path) -> None:
    policy_probe = build_policy_probe(policy(tmp_path, 0), SamplerConfig(), "float32")
    found = check_scores(noisy(policy_probe.scores, 1e-6), policy_probe, {}, "float32")
    assert 0 < found.mean < 1e-5
    assert 1 < found.max_ratio < 1.0001
    assert 0 <= found.kl < 1e-9


def test_other_weights_are_found_out(tmp_path: Path) -> None:
    ours = build_policy_probe(policy(tmp_path, 0), SamplerConfig(), "float32")
    theirs = build_policy_probe(policy(tmp_path, 1), SamplerConfig(), "float32")
    with pytest.raises(PolicyMismatchError, match=f"does not run policy {ours.checkpoint.policy}"):
        check_scores(theirs.scores, ours, {}, "float32")


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
    check_scores(engine, new, {}, "float32")
    stale = {"the policy before it": old.scores}
    with pytest.raises(PolicyMismatchError, match="the sampler runs the policy before it, not"):
        check_scores(engine, new, stale, "float32")
    check_scores(noisy(new.scores, 1e-6), new, stale, "float32")


def test_what_bfloat16_costs_this_model_is_measured_and_bounds_the_gap(tmp_path: Path) -> None:
    probe = build_policy_probe(policy(tmp_path, 0), SamplerConfig(), "bfloat16")
    assert 1e-5 < probe.noise < 5e-3
    exact = build_policy_probe(policy(tmp_path, 0), SamplerConfig(), "float32")
    assert exact.noise == 0
    near, far = probe.noise, 0.02
    check_scores(noisy(probe.scores, near), probe, {}, "bfloat16")
    with pytest.raises(PolicyMismatchError, match="in bfloat16 for this model"):
        check_scores(noisy(probe.scores, far), probe, {}, "bfloat16")


def test_the_probe_is_text_whatever_the_tokenizer_knows(tmp_path: Path) -> None:
    _, tokenizer = load_policy(policy(tmp_path, 0).path)
    rows = probe_batch(tokenizer, len(tokenizer), 64)
    assert len({len(row) for row in rows}) == 1
    assert tokenizer.decode(rows[0]).startswith("Tom has 12")
    short = probe_batch(tokenizer, len(tokenizer), 9)
    assert [len(row) for row in short] == [8] * len(rows)


def test_weights_that_are_not_the_checkpoints_are_found_by_their_columns(tmp_path: Path) -> None:
    checkpoint = policy(tmp_path, 0)
    model, _ = load_policy(checkpoint.path, dtype="bfloat16", device="cpu")
    ours = read_columns(model, checkpoint.policy)
    fused = [["q_proj", "k_proj", "v_proj"], ["o_proj"], ["gate_proj", "up_proj"], ["down_proj"]]
    names = [[name for name in ours if name.rpartition(".")[2] in parts] for parts in fused]
    names = [*names, ["lm_head"], ["not.in.transformers"]]
    engine = [
        (each, column_sum(torch.cat([ours[name] for name in each])) if each[0] in ours else "")
        for each in names
    ]
    assert check_columns(engine, ours, "name") == 5
    with torch.no_grad():
        model.lm_head.weight[3] += 2**-7 * model.lm_head.weight[3]
    moved = read_columns(model, checkpoint.policy)
    with pytest.raises(PolicyMismatchError, match="name: the weights of lm_head in the engine"):
        check_columns(engine, moved, "name")


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
        check_scores(policy_probe.base_scores, policy_probe, policy_probe.mistakes, "float32")
