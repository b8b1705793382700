"""Every decoder gives the model's own logits; the paged one the same bits in any company."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from veritune.sampler.decoder import Decoder, GeneralDecoder
from veritune.sampler.paged import PagedDecoder
from veritune.sampler.uncached import UncachedDecoder, caches_rightly
from veritune.sampler.weights import arrange, is_supported

BY_LIBRARY = pytest.mark.parametrize("onednn", [True, False])
VOCABULARY = 60
CAPACITY = 120
PROMPTS = [3, 8, 17, 31, 32, 33, 40]


@pytest.fixture(autouse=True)
def one_thread_without_gradients() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(threads)


def tiny(model_type: str, **shape: Any) -> Any:
    """A model with weights that are far from their even start, so that every part matters."""
    common = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "bos_token_id": None,
        "eos_token_id": 1,
        "pad_token_id": 0,
    }
    config = AutoConfig.for_model(model_type, **{**common, **shape})
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
    for weight in model.parameters():
        weight += torch.randn_like(weight) * 0.08
    return model


def compute_with(onednn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veritune.sampler.weights.prefers_onednn", lambda: onednn)


def prompts(lengths: list[int]) -> list[list[int]]:
    generator = np.random.default_rng(0)
    return [generator.integers(2, VOCABULARY, length).tolist() for length in lengths]


def decode(decoder: Decoder, begun: list[list[int]], steps: int, each: int = 1) -> list[Any]:
    """Logits of every step [rows, vocabulary], feeding tokens that depend on prompt and step."""
    logits, stored = decoder.prefill(begun)
    found, rows = [logits], np.arange(len(begun) * each)
    for number, prompt in enumerate(begun):
        mine = rows[number * each : (number + 1) * each]
        decoder.place(mine, stored[number], len(prompt))
        decoder.forget(stored[number])
    at = np.repeat([len(prompt) for prompt in begun], each)
    for step in range(steps):
        tokens = (np.repeat([sum(prompt) for prompt in begun], each) + 7 * step) % VOCABULARY
        found.append(decoder.step(tokens, at + step))
    return found


def check_against_whole_sequences(model: Any, decoder: Decoder, steps: int) -> None:
    begun = prompts(PROMPTS)
    found = decode(decoder, begun, steps)
    for row, prompt in enumerate(begun):
        fed = [(sum(prompt) + 7 * step) % VOCABULARY for step in range(steps)]
        wanted = model(torch.tensor([prompt + fed])).logits[0, len(prompt) - 1 :]
        ours = torch.stack([logits[row] for logits in found])
        assert (ours - wanted).abs().max() < 2e-5 * wanted.abs().max().clamp(min=1)


@pytest.mark.parametrize(
    ("model_type", "shape"),
    [
        ("qwen2", {}),
        ("qwen2", {"num_key_value_heads": 4, "tie_word_embeddings": True}),
        ("llama", {"num_key_value_heads": 1}),
        ("llama", {"head_dim": 12, "attention_bias": True, "mlp_bias": True}),
        (
            "llama",
            {
                "rope_parameters": {
                    "rope_type": "llama3",
                    "rope_theta": 10000.0,
                    "factor": 4.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 32,
                }
            },
        ),
        ("qwen2", {"rope_parameters": {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}}),
    ],
)
@BY_LIBRARY
def test_paged_decoding_is_the_model(
    model_type: str, shape: dict[str, Any], onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_with(onednn, monkeypatch)
    model = tiny(model_type, **shape)
    assert is_supported(model)
    check_against_whole_sequences(model, PagedDecoder(arrange(model), 8, CAPACITY), 70)


def test_what_paged_decoding_does_not_cover_is_left_to_the_general_one() -> None:
    assert not is_supported(tiny("gpt2", n_embd=32, n_layer=2, n_head=4, n_positions=128))
    assert not is_supported(tiny("qwen2", hidden_act="gelu"))
    assert not is_supported(tiny("qwen2").to(torch.bfloat16))
    windows = {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}
    assert not is_supported(tiny("qwen2", **windows))
    dynamic = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
    assert not is_supported(tiny("llama", rope_parameters=dynamic))


@pytest.mark.parametrize(
    ("model_type", "shape"),
    [
        ("qwen2", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1}),
        ("qwen3", {"head_dim": 8}),
        ("mistral", {"sliding_window": 8}),
        ("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128}),
        ("gemma2", {"head_dim": 8, "sliding_window": 8}),
        ("phi3", {}),
    ],
)
def test_general_decoding_is_the_model(model_type: str, shape: dict[str, Any]) -> None:
    model = tiny(model_type, **shape)
    assert caches_rightly(model)
    check_against_whole_sequences(model, GeneralDecoder(model, 8, CAPACITY), 40)


def test_models_without_keys_and_values_are_read_whole() -> None:
    model = tiny("mamba")
    assert not caches_rightly(model)
    check_against_whole_sequences(model, UncachedDecoder(model, 8), 6)


@BY_LIBRARY
def test_paged_rows_have_the_same_bits_in_any_company(
    onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_with(onednn, monkeypatch)
    weights = arrange(tiny("qwen2", hidden_size=64, intermediate_size=160))
    begun = prompts([5, 40, 9, 33, 64, 1, 12] * 9)
    together = decode(PagedDecoder(weights, 200, CAPACITY), begun, 40, each=3)
    for some in ([0], [4, 1], [3, 60, 2, 17, 16], list(range(40))):
        apart = decode(PagedDecoder(weights, 41, CAPACITY), [begun[i] for i in some], 40)
        assert torch.equal(apart[0], together[0][some])
        for ours, theirs in zip(apart[1:], together[1:], strict=True):
            assert torch.equal(ours, theirs[[3 * i for i in some]])


def test_rows_that_come_and_go_do_not_disturb_the_others() -> None:
    weights = arrange(tiny("llama"))
    begun = prompts([20, 35, 7, 64, 50])
    calm = decode(PagedDecoder(weights, 5, CAPACITY), begun, 40)
    decoder = PagedDecoder(weights, 4, CAPACITY)
    _, stored = decoder.prefill(begun[:4])
    for row in range(4):
        decoder.place(np.array([row]), stored[row], len(begun[row]))
        decoder.forget(stored[row])
    order, since = [0, 1, 2, 3], dict.fromkeys(range(5), 0)
    for step in range(40):
        if step == 10:  # The second row ends, and the last takes its place.
            decoder.release(np.array([1]))
            decoder.move(np.array([3]), np.array([1]))
            order = [0, 3, 2]
        if step == 20:  # Somebody comes, and takes the pages that were given back.
            _, late = decoder.prefill([begun[4]])
            decoder.place(np.array([3]), late[0], len(begun[4]))
            order.append(4)
        fed = [(sum(begun[i]) + 7 * since[i]) % VOCABULARY for i in order]
        found = decoder.step(np.array(fed), np.array([len(begun[i]) + since[i] for i in order]))
        for row, i in enumerate(order):
            since[i] += 1
            assert torch.equal(found[row], calm[since[i]][i])


def test_a_long_row_that_ended_does_not_reach_into_those_that_go_on() -> None:
    weights = arrange(tiny("qwen2"))
    begun = prompts([3, 90, 5])
    calm = decode(PagedDecoder(weights, 3, CAPACITY), begun, 8)
    decoder = PagedDecoder(weights, 3, CAPACITY)
    _, stored = decoder.prefill([begun[0], begun[2], begun[1]])
    for row, i in enumerate((0, 2, 1)):
        decoder.place(np.array([row]), stored[row], len(begun[i]))
    for step in range(8):
        order = [0, 2, 1] if step < 3 else [0, 2]
        if step == 3:
            decoder.release(np.array([2]))
        fed = [(sum(begun[i]) + 7 * step) % VOCABULARY for i in order]
        found = decoder.step(np.array(fed), np.array([len(begun[i]) + step for i in order]))
        for row, i in enumerate(order):
            assert torch.equal(found[row], calm[step + 1][i])
