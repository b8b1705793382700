"""A policy that a trainer has in memory is sampled from as its checkpoint on disk is."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from veritune.config import LoraConfig, SamplerConfig, ScratchConfig
from veritune.errors import MissingFileError
from veritune.models import HeldPolicy, build_scratch, load_trainable, save_adapter, save_policy
from veritune.records import Checkpoint, MathProblem, MathReference
from veritune.sampler import NativeSampler
from veritune.sampler.weights import MklLinear, arrange

PROBLEMS = [
    MathProblem(id=str(i), prompt=f"{i} + {i} =", reference=MathReference(answer="1"))
    for i in range(3)
]
SHAPE: dict[str, Any] = {"layers": 2, "width": 32, "heads": 2, "max_length": 64}
KINDS = ["qwen2", "llama", "lora", "dora"]


def made(folder: Path, kind: str) -> Checkpoint:
    architecture = kind if kind in ("qwen2", "llama") else "qwen2"
    base = save_policy(
        *build_scratch(ScratchConfig(architecture=architecture, **SHAPE), 0), folder / "base"
    )
    if kind == architecture:
        return base
    config = LoraConfig(rank=4, dora=kind == "dora")
    return save_adapter(base.path, config, 0, folder / "adapter")


def trained(start: Checkpoint, out: Path) -> tuple[Checkpoint, HeldPolicy]:
    """The start with other weights, saved, and still in memory."""
    model, tokenizer = load_trainable(start.path)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.02
    saved = save_policy(model, tokenizer, out)
    return saved, HeldPolicy(saved.policy, model, tokenizer)


def sampled(sampler: NativeSampler) -> list[tuple[str, str, list[float] | None]]:
    found = sampler.sample(PROBLEMS, [range(2)] * 3, round=0)
    return sorted((c.problem_id, c.text, c.logprobs) for c in found)


def opened(checkpoint: Checkpoint) -> NativeSampler:
    sampler = NativeSampler(SamplerConfig(max_tokens=12), seed=1)
    sampler.load(checkpoint)
    return sampler


@pytest.mark.parametrize("kind", KINDS)
def test_from_memory_it_samples_the_same_to_the_bit(tmp_path: Path, kind: str) -> None:
    start = made(tmp_path, kind)
    sampler = opened(start)
    before = sampled(sampler)
    for round in (1, 2):
        sampler.rest()
        now, held = trained(start, tmp_path / f"round-{round}")
        sampler.share(held)
        sampler.load(now)
        assert sampled(sampler) == sampled(opened(now)) != before
        start = now


def test_weights_in_memory_are_read_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veritune.sampler.weights.prefers_onednn", lambda: False)
    model: Any = load_trainable(made(tmp_path, "llama").path)[0]
    arranged = arrange(model)
    layer, block = model.model.layers[0], arranged.blocks[0]
    pairs = [
        (block.out, layer.self_attn.o_proj),
        (block.gate, layer.mlp.gate_proj),
        (block.up, layer.mlp.up_proj),
        (block.down, layer.mlp.down_proj),
    ]
    for ours, theirs in pairs:
        assert isinstance(ours, MklLinear)
        assert ours.weight.data_ptr() == theirs.weight.data_ptr()


def test_what_is_shared_is_not_read_from_disk(tmp_path: Path) -> None:
    sampler = opened(made(tmp_path, "llama"))
    now, held = trained(made(tmp_path, "llama"), tmp_path / "next")
    sampler.share(held)
    shutil.rmtree(now.path)
    sampler.load(now)
    assert len(sampled(sampler)) == 6
    sampler.rest()
    with pytest.raises(MissingFileError):
        sampler.load(now)


def test_after_a_rest_the_same_policy_is_read_again(tmp_path: Path) -> None:
    start = made(tmp_path, "qwen2")
    sampler = opened(start)
    before = sampled(sampler)
    sampler.rest()
    sampler.load(start)
    assert sampled(sampler) == before
