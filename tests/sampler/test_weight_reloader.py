"""A sampler that loads the next checkpoint samples what a fresh one samples there."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from veritune.config import SamplerConfig, ScratchConfig
from veritune.errors import ModelError
from veritune.models import build_scratch, policy_hash, save_policy
from veritune.records import Checkpoint, MathProblem, MathReference
from veritune.sampler import NativeSampler
from veritune.sampler.policy import Policy

PROBLEMS = [
    MathProblem(id=str(i), prompt=f"{i} + {i} =", reference=MathReference(answer="1"))
    for i in range(3)
]


def saved(folder: Path, seed: int, **shape: Any) -> Checkpoint:
    config = ScratchConfig(**{"layers": 2, "width": 32, "heads": 2, "max_length": 64} | shape)
    return save_policy(*build_scratch(config, seed), folder)


def sampled(sampler: NativeSampler) -> list[tuple[str, str, list[float] | None]]:
    found = sampler.sample(PROBLEMS, [range(2)] * 3, round=0)
    return sorted((c.problem_id, c.text, c.logprobs) for c in found)


def taken_over(first: Checkpoint, second: Checkpoint) -> bool:
    """Whether nothing but weights is read of the second."""
    return Policy.read(first, SamplerConfig(), "float32", None).renewed(second) is not None


def fresh(checkpoint: Checkpoint) -> NativeSampler:
    sampler = NativeSampler(SamplerConfig(max_tokens=12), seed=1)
    sampler.load(checkpoint)
    return sampler


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
@pytest.mark.parametrize("output", ["its own", "tied", "tied, but in the file"])
def test_the_next_checkpoints_weights_are_taken_over(
    tmp_path: Path, architecture: str, output: str
) -> None:
    paths = [tmp_path / name for name in ("first", "second", "third")]
    made = [saved(path, seed, architecture=architecture) for seed, path in enumerate(paths)]
    if output != "its own":
        made = [tied(one, keep="file" in output) for one in made]
    expected = [sampled(fresh(one)) for one in made]
    sampler = fresh(made[0])
    assert taken_over(made[0], made[1])
    for at in (1, 2, 0):
        sampler.load(made[at])
        assert sampled(sampler) == expected[at]
    assert expected[0] != expected[1] != expected[2]


def tied(checkpoint: Checkpoint, *, keep: bool) -> Checkpoint:
    """The same model, its output matrix said to be that of its embedding."""
    config, file = (Path(checkpoint.path, name) for name in ("config.json", "model.safetensors"))
    config.write_text(json.dumps(json.loads(config.read_text()) | {"tie_word_embeddings": True}))
    tensors = load_file(file)
    if not keep:
        del tensors["lm_head.weight"]
    save_file(tensors, file, metadata={"format": "pt"})
    Path(checkpoint.path, "manifest.json").unlink()
    return Checkpoint(path=checkpoint.path, policy=policy_hash(checkpoint.path))


def test_another_shape_or_tokenizer_is_loaded_whole(tmp_path: Path) -> None:
    small, wide = saved(tmp_path / "small", 0), saved(tmp_path / "wide", 0, width=64)
    ended = saved(tmp_path / "ended", 0)
    Path(ended.path, "generation_config.json").write_text('{"eos_token_id": [1, 2, 3, 40, 41]}')
    Path(ended.path, "manifest.json").unlink()
    sampler = fresh(small)
    assert not taken_over(small, wide)
    assert not taken_over(small, ended)
    for other in (wide, ended, small):
        sampler.load(other)
        assert sampled(sampler) == sampled(fresh(other))


def test_weights_that_do_not_fit_are_said_in_one_line(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first", 0), saved(tmp_path / "second", 1)
    file = Path(second.path, "model.safetensors")
    tensors = load_file(file)
    gone = sorted(tensors)[0]
    del tensors[gone]
    save_file(tensors, file, metadata={"format": "pt"})
    Path(second.path, "manifest.json").unlink()
    sampler = fresh(first)
    with pytest.raises(ModelError, match=gone):
        sampler.load(Checkpoint(path=second.path, policy=policy_hash(second.path)))
    sampler.load(first)
    assert sampled(sampler) == sampled(fresh(first))


def test_weights_in_another_precision_are_read_as_asked(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first", 0), saved(tmp_path / "second", 1)
    file = Path(second.path, "model.safetensors")
    halves = {name: one.to(torch.bfloat16) for name, one in load_file(file).items()}
    save_file(halves, file, metadata={"format": "pt"})
    Path(second.path, "manifest.json").unlink()
    second = Checkpoint(path=second.path, policy=policy_hash(second.path))
    sampler = fresh(first)
    sampler.load(second)
    assert sampled(sampler) == sampled(fresh(second))
