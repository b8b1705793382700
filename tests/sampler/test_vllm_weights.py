"""Weights in a vLLM engine: tied heads, adapters, and what is not what it should be."""

from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
import torch

from veritune.config import LoraConfig, SamplerConfig, ScratchConfig
from veritune.errors import PolicyMismatchError
from veritune.models import build_scratch, load_policy, save_adapter, save_policy
from veritune.records import Checkpoint

pytest.importorskip("vllm", reason="needs vLLM")

from veritune.sampler.columns import check_columns
from veritune.sampler.policy_probe import build_policy_probe
from veritune.sampler.vllm import VllmSampler

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200)]
# Every engine takes most of a minute to start. bfloat16 changes how a head is packed, which is
# the same for all; adapters differ by biases (qwen2) and norms of the heads (qwen3).
TIED = [("llama", "float32"), ("qwen2", "float32"), ("qwen3", "float32"), ("qwen2", "bfloat16")]


def policy(folder: Path, kind: str, seed: int, dtype: str = "float32") -> Checkpoint:
    """A model of two layers with tied embeddings."""
    from transformers import AutoConfig, AutoModelForCausalLM

    _, tokenizer = build_scratch(ScratchConfig(layers=1, width=64, heads=2, max_length=96), 0)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=96,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
    )
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config).eval()
    return save_policy(model, tokenizer, folder / f"{kind}-{seed}", dtype=dtype)


def a_little_later(start: Checkpoint, folder: Path, dtype: str) -> Checkpoint:
    """As after few steps: the gap of log-probabilities is below what bfloat16 costs."""
    model, tokenizer = load_policy(start.path, device="cpu")
    torch.manual_seed(9)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 1e-4 * torch.randn_like(weight)
    return save_policy(model, tokenizer, folder / "later", dtype=dtype)


def adapter(base: Checkpoint, seed: int, folder: Path) -> Checkpoint:
    fresh = save_adapter(base.path, LoraConfig(rank=4), seed, folder / f"fresh-{seed}")
    model, tokenizer = load_policy(fresh.path, device="cpu")
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.normal_(0, 0.2)
    return save_policy(model, tokenizer, folder / f"adapter-{seed}")


@pytest.fixture
def opened() -> Iterator[list[VllmSampler]]:
    samplers: list[VllmSampler] = []
    yield samplers
    for one in samplers:
        one.close()
    for process in active_children():
        process.join(60)


def sampler(opened: list[VllmSampler], dtype: str = "float32") -> VllmSampler:
    config = SamplerConfig.model_validate({"type": "vllm", "max_num_seqs": 8, "max_tokens": 8})
    opened.append(VllmSampler(config, seed=1, dtype=dtype))
    return opened[-1]


@pytest.mark.parametrize(("kind", "dtype"), TIED)
def test_a_tied_head_is_changed_with_its_embeddings_or_found_out(
    tmp_path: Path, opened: list[VllmSampler], kind: str, dtype: str
) -> None:
    using = sampler(opened, dtype)
    first, second = (policy(tmp_path, kind, seed, dtype) for seed in (0, 1))
    using.load(first)
    engine: Any = using._engine
    using.load(second)
    assert using._engine is engine, "weights are changed in place"
    assert using._policy_probe is not None
    sums = engine.column_sums(second.policy)
    assert {"lm_head"} <= {name for names, _ in sums for name in names}
    assert check_columns(sums, using._policy_probe.columns, second.policy) == len(sums)

    later = a_little_later(second, tmp_path, dtype)
    # vLLM's own: of a tied head that is packed it changes what is stored, and not what is used.
    engine._llm.collective_rpc("reload_weights", kwargs={"weights_path": later.path})
    probe = build_policy_probe(later, using.config, dtype)
    sums = engine.column_sums(later.policy)
    if not packs(dtype):
        assert check_columns(sums, probe.columns, later.policy) == len(sums)
        using._check(probe, {})
        return
    with pytest.raises(PolicyMismatchError, match=r"the weights of lm_head in the engine are not"):
        check_columns(sums, probe.columns, later.policy)
    with pytest.raises(PolicyMismatchError):
        using._check(probe, {})


def packs(dtype: str) -> bool:
    """Whether vLLM packs a head of this kind of numbers on this processor."""
    return dtype == "float32" or "avx512f" in Path("/proc/cpuinfo").read_text()


@pytest.mark.parametrize("kind", ["qwen2", "qwen3"])
def test_adapters_on_all_linear_layers(
    tmp_path: Path, opened: list[VllmSampler], kind: str
) -> None:
    using, base = sampler(opened), policy(tmp_path, kind, 0)
    one, two = (adapter(base, seed, tmp_path) for seed in (1, 2))
    using.load(one)
    engine = using._engine
    using.load(two)
    assert using._engine is engine
    assert using.logprob_diff is not None and using.logprob_diff.mean < 1e-4


def test_the_policy_that_is_there_is_not_given_again_and_a_liar_is_started_anew(
    tmp_path: Path, opened: list[VllmSampler], monkeypatch: pytest.MonkeyPatch
) -> None:
    using = sampler(opened)
    first, second = (policy(tmp_path, "qwen2", seed) for seed in (0, 1))
    using.load(first)
    engine: Any = using._engine
    given: list[object] = []
    monkeypatch.setattr(engine, "take", given.append)  # Takes note, and takes no weights.
    using.load(first)
    assert not given and using._engine is engine
    using.load(second)
    assert len(given) == 1 and using._engine is not engine
    assert using.check().mean < 1e-4
