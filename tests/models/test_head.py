"""Chunks of logits: the numbers and gradients of whole ones, and the memory of a chunk."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from veritune.config import ScratchConfig
from veritune.models import build_scratch, chunks
from veritune.models.chunks import IGNORED
from veritune.models.head import (
    States,
    entropies,
    is_plain_head,
    logprobs_of,
    read_states,
    token_scores,
    weighted_loss,
)

TOKENS, WIDTH, VOCABULARY = 37, 8, 50


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(chunks, "CHUNK", 5 * VOCABULARY)
    yield


def case(bias: bool, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, Any, torch.Tensor]:
    rng = torch.Generator().manual_seed(1)
    hidden = torch.randn(TOKENS, WIDTH, generator=rng, dtype=dtype, requires_grad=True)
    head = torch.nn.Linear(WIDTH, VOCABULARY, bias=bias).to(dtype)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=dtype))
    ids = torch.randint(VOCABULARY, (TOKENS,), generator=rng)
    ids[::7] = IGNORED
    return hidden, head, ids


def gradient(loss: torch.Tensor, hidden: torch.Tensor, head: Any) -> torch.Tensor:
    found = torch.autograd.grad(loss, [hidden, *head.parameters()])
    return torch.cat([g.flatten() for g in found])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_scores_and_gradients_are_those_of_whole_logits(
    small_chunks: None, bias: bool, temperature: float
) -> None:
    hidden, head, ids = case(bias)
    weights = torch.linspace(-1, 2, TOKENS, dtype=torch.float64)
    states = States(hidden, head, None)
    assert not states.fits
    logprobs, entropy = token_scores(states, ids, temperature=temperature, entropy="trained")
    assert entropy is not None
    logits = head(hidden)
    plain = logprobs_of(logits, ids, temperature)
    spread = entropies(logits, temperature)
    assert torch.allclose(logprobs, plain, atol=1e-12)
    assert torch.allclose(entropy, spread, atol=1e-12)
    ours = gradient((logprobs.exp() * weights + entropy * weights.cos()).sum(), hidden, head)
    theirs = gradient((plain.exp() * weights + spread * weights.cos()).sum(), hidden, head)
    assert torch.allclose(ours, theirs, atol=1e-10)


def test_an_entropy_that_is_monitored_teaches_nothing(small_chunks: None) -> None:
    hidden, head, ids = case(False)
    logprobs, entropy = token_scores(States(hidden, head, None), ids, entropy="monitored")
    assert entropy is not None and not entropy.requires_grad
    ours = gradient(logprobs.sum(), hidden, head)
    assert torch.allclose(ours, gradient(logprobs_of(head(hidden), ids, 1.0).sum(), hidden, head))


@pytest.mark.parametrize("bias", [False, True])
def test_the_weighted_loss_and_its_gradient_are_those_of_whole_logits(
    small_chunks: None, bias: bool
) -> None:
    hidden, head, ids = case(bias)
    weights = torch.linspace(0, 2, TOKENS, dtype=torch.float64)
    ours = weighted_loss(States(hidden, head, None), ids, weights) / 3
    theirs = -(logprobs_of(head(hidden), ids, 1.0) * weights).sum() / 3
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-12)
    gap = gradient(ours, hidden, head) - gradient(theirs, hidden, head)
    assert gap.abs().max() < 1e-10


def test_a_float32_head_is_computed_in_float32_under_autocast(small_chunks: None) -> None:
    hidden, head, ids = case(False, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        exact, _ = token_scores(States(hidden, head, None, fp32=True), ids)
        rough, _ = token_scores(States(hidden, head, None), ids)
    plain = logprobs_of(head(hidden), ids, 1.0)
    assert (exact - plain).abs().max() < 1e-5
    assert 1e-3 < (rough - plain).abs().max() < 0.5


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_states_of_a_model_give_its_own_logits(architecture: Any) -> None:
    model, _ = build_scratch(ScratchConfig(architecture=architecture, layers=1), 0)
    ids, places = torch.tensor([[3, 1, 4, 1], [5, 9, 2, 6]]), torch.tensor([0, 2, 5])
    states = read_states(model, {"input_ids": ids}, places)
    assert states.logits is None
    wanted = model(ids).logits.flatten(0, 1)[places]
    assert torch.allclose(states.whole(), wanted, atol=1e-6)


def test_a_model_that_scales_its_logits_is_seen_and_asked_itself() -> None:
    from transformers import GraniteConfig, GraniteForCausalLM

    torch.manual_seed(0)
    config = GraniteConfig(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        logits_scaling=4.0,
    )
    model = GraniteForCausalLM(config).eval()
    assert not is_plain_head(model)
    ids, places = torch.tensor([[3, 1, 4, 1]]), torch.tensor([0, 2])
    states = read_states(model, {"input_ids": ids}, places)
    assert torch.allclose(states.whole(), model(ids).logits[0, places], atol=1e-6)


PEAK = """
import resource, sys, torch
torch.set_num_threads(1)
from veritune.models.head import States, token_scores, weighted_loss
tokens, width, vocabulary = 2048, 64, 152_000
head = torch.nn.Linear(width, vocabulary, bias=False)
hidden = torch.randn(tokens, width, requires_grad=True)
ids = torch.randint(vocabulary, (tokens,))
head(hidden[:2]).sum().backward()
head.weight.grad = None
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
states = States(hidden, head, None)
if sys.argv[1] == "scores":
    logprobs, entropy = token_scores(states, ids, entropy="trained")
    (logprobs.sum() + entropy.sum()).backward()
else:
    weighted_loss(states, ids, torch.ones(tokens)).backward()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6)
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["scores", "loss"])
def test_tokens_of_a_large_vocabulary_take_little_memory(what: str) -> None:
    """Whole logits would be 1.2 GB, and a loss over them three times that."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, what], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.7
