"""Whole candidates have exactly the distribution that the model and the options give them."""

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from veritune.config import SamplerConfig, ScratchConfig
from veritune.models import build_scratch, encode_prompt, save_policy
from veritune.records import MathProblem, MathReference
from veritune.sampler import NativeSampler
from veritune.sampler.token_sampling import probabilities

LENGTH, DRAWS = 3, 6000
CRITICAL = 1e-3
"""The seeds are fixed, so this passes always or never."""


def exact(
    model: Any, prompt: list[int], config: SamplerConfig, eos: int
) -> dict[tuple[int, ...], float]:
    """Probability of every candidate, from the model's logits on whole sequences."""
    every = torch.tensor(list(product(range(model.config.vocab_size), repeat=LENGTH)))
    prompts = torch.tensor(prompt).expand(len(every), -1)
    with torch.no_grad():
        logits = model(torch.cat([prompts, every], 1)).logits[:, len(prompt) - 1 : -1]
    chosen = probabilities(logits.flatten(0, 1), config).double().view_as(logits)
    chosen = (chosen / chosen.sum(-1, keepdim=True)).gather(-1, every[..., None])[..., 0]
    found: dict[tuple[int, ...], float] = {}
    for ids, likely in zip(every.tolist(), chosen, strict=True):
        end = ids.index(eos) + 1 if eos in ids else LENGTH
        found[tuple(ids[:end])] = float(likely[:end].prod())
    return found


@pytest.mark.parametrize(
    "options",
    [{}, {"temperature": 0.7}, {"temperature": 1.3, "top_p": 0.8}, {"top_k": 3, "min_p": 0.1}],
)
def test_candidates_pass_a_chi_squared_test(options: dict[str, Any], tmp_path: Path) -> None:
    shape = ScratchConfig(layers=1, width=16, heads=2, max_length=16)
    model, tokenizer = build_scratch(shape, 0, characters="abc")
    with torch.no_grad():
        model.lm_head.weight.normal_(0, 0.6, generator=torch.Generator().manual_seed(1))
    config = SamplerConfig.model_validate({"max_tokens": LENGTH, "max_num_seqs": 256, **options})
    sampler = NativeSampler(config, seed=0)
    sampler.load(save_policy(model, tokenizer, tmp_path / "policy"))
    problem = MathProblem(id="p", prompt="ab", reference=MathReference(answer="1"))
    sampled = sampler.sample([problem], [range(DRAWS)], round=0)
    counts = Counter(tuple(candidate.token_ids or ()) for candidate in sampled)

    wanted = exact(model, encode_prompt(tokenizer, "ab"), config, tokenizer.eos_token_id)
    assert sum(wanted.values()) == pytest.approx(1)
    possible = {ids: p for ids, p in wanted.items() if p > 0}
    assert set(counts) <= set(possible)
    common = {ids: p * DRAWS for ids, p in possible.items() if p * DRAWS >= 5}
    expected = np.array([*common.values(), DRAWS - sum(common.values())])
    observed = np.array([counts[ids] for ids in common])
    observed = np.append(observed, DRAWS - observed.sum())
    if expected[-1] < 5:
        expected, observed = expected[:-1], observed[:-1]
    statistic = ((observed - expected) ** 2 / expected).sum()
    assert chi_squared_tail(statistic, len(expected) - 1) > CRITICAL


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """P(X > statistic): the regularised upper incomplete gamma function."""
    half = torch.tensor(degrees / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(half, torch.tensor(statistic / 2, dtype=torch.float64)))
