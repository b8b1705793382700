"""Draws have the distribution that the options describe."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from veritune.config import SamplerConfig
from veritune.sampler.token_sampling import probabilities, sample_tokens, uniforms

LOGITS = torch.tensor([[2.0, 1.0, 0.0, -1.0, 1.5, -30.0]])


def options(**values: object) -> SamplerConfig:
    return SamplerConfig.model_validate(values)


def many(config: SamplerConfig, count: int = 40_000) -> np.ndarray:
    uniform = torch.from_numpy(uniforms(0, 0, "p", 0, count))
    tokens, _ = sample_tokens(LOGITS.expand(count, -1), uniform, config)
    return np.bincount(tokens.numpy(), minlength=LOGITS.shape[1]) / count


def test_frequencies_are_the_softmax() -> None:
    wanted = torch.softmax(LOGITS / 0.8, -1)[0].numpy()
    assert np.abs(many(options(temperature=0.8)) - wanted).max() < 0.012


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"top_k": 2}, {0, 4}),
        ({"top_k": 1}, {0}),
        ({"min_p": 0.3}, {0, 1, 4}),
        ({"top_p": 0.5}, {0, 4}),
        ({"top_p": 0.01}, {0}),
        ({"top_k": 3, "top_p": 0.9, "min_p": 0.3}, {0, 1, 4}),
        ({"temperature": 0}, {0}),
    ],
)
def test_filters_keep_what_they_should(values: dict[str, object], kept: set[int]) -> None:
    frequency = many(options(**values))
    assert set(frequency.nonzero()[0]) == kept
    wanted = torch.softmax(LOGITS, -1)[0].numpy()[sorted(kept)]
    if values.get("temperature") != 0:
        assert np.abs(frequency[sorted(kept)] - wanted / wanted.sum()).max() < 0.012


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=30), st.floats(0, 1, exclude_max=True))
def test_a_drawn_token_has_probability(values: list[float], number: float) -> None:
    logits = torch.tensor([values])
    config = options(temperature=0.5, top_k=7, top_p=0.95)
    for uniform in (number, 0.0, 1 - 2**-53):
        token, _ = sample_tokens(logits, torch.tensor([uniform], dtype=torch.float64), config)
        assert probabilities(logits, config)[0, token] > 0


def test_uniforms_are_a_function_of_their_names_and_a_prefix_of_longer_ones() -> None:
    long = uniforms(1, 2, "p", 3, 100)
    assert np.array_equal(long[:10], uniforms(1, 2, "p", 3, 10))
    others = [uniforms(*names, 10) for names in [(0, 2, "p", 3), (1, 0, "p", 3), (1, 2, "q", 3)]]
    assert not any(np.array_equal(long[:10], other) for other in others)
    assert long.min() >= 0 and long.max() < 1


def test_wide_and_narrow_nuclei_of_a_large_vocabulary() -> None:
    generator = torch.Generator().manual_seed(0)
    flat = torch.randn(1, 3000, generator=generator)
    logits = torch.cat([flat, flat * 6, flat])
    config = options(top_p=0.9)
    kept = probabilities(logits, config)
    p = torch.softmax(logits, -1).double()
    for row in range(3):
        ranked = p[row].sort(descending=True).values
        count = int((ranked.cumsum(0) < 0.9).sum()) + 1
        assert int((kept[row] > 0).sum()) == count
        assert kept[row].sum() >= 0.9 - 1e-6
    assert int((kept[0] > 0).sum()) > 512 > int((kept[1] > 0).sum())
    assert torch.equal(kept[0], kept[2])


def test_rows_are_drawn_alone_however_many_there_are() -> None:
    logits = torch.randn(300, 50_000, generator=torch.Generator().manual_seed(0))
    uniform = torch.from_numpy(uniforms(0, 0, "p", 0, 300))
    tokens, logprobs = sample_tokens(logits, uniform, options(top_k=40))
    for row in (0, 171, 299):
        token, logprob = sample_tokens(logits[[row]], uniform[[row]], options(top_k=40))
        assert (token, logprob) == (tokens[row], logprobs[row])
