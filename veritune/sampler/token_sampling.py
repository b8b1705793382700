"""What is sampled, as a function of (seed, round, problem, index, token position) alone.

Each candidate has its own stream of numbers, SHAKE-128 (FIPS 202) of those names, and uses one
uniform number a token. A token is the first whose cumulative probability exceeds that number, so
that nothing sampled beside a candidate can change it.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from veritune.config import SamplerConfig

Logits = Float[Tensor, "rows vocabulary"]
Uniform = Float64[Tensor, "rows"]
Tokens = Int[Tensor, "rows"]
Logprobs = Float[Tensor, "rows"]

# Logits looked at together: what is made of them takes some ten times their memory.
AT_ONCE = 1 << 23
# Tokens that top-p sorts before it sorts them all.
LIKELY = 512


def uniforms(
    seed: int, round: int, problem_id: str, index: int, count: int
) -> npt.NDArray[np.float64]:
    """The first `count` numbers of one candidate, uniform in [0, 1)."""
    name = f"{seed}/{round}/{index}/{problem_id}".encode(errors="surrogatepass")
    bits = np.frombuffer(hashlib.shake_128(name).digest(8 * count), "<u8")
    # 53 bits, as many as a float64 holds: every number below 1 is as likely.
    return (bits >> 11).astype(np.float64) * 2.0**-53


def sample_tokens(
    logits: Logits, uniform: Uniform, config: SamplerConfig
) -> tuple[Tokens, Logprobs]:
    """Tokens [rows] and their log-probabilities [rows] from logits [rows, vocabulary].

    `uniform` is float64 [rows] in [0, 1); temperature 0 takes the likeliest token and ignores it.
    Log-probabilities are the model's own, log softmax of the logits as they are: before
    temperature, top-k, top-p and min-p, as vLLM reports them (`raw_logprobs`).
    """
    # One row at least, whatever the vocabulary.
    rows = max(1, AT_ONCE // logits.shape[-1])
    if len(logits) <= rows:
        return _sample_part(logits, uniform, config)
    parts = zip(logits.split(rows), uniform.split(rows), strict=True)
    tokens, logprobs = zip(*(_sample_part(*part, config) for part in parts), strict=True)
    return torch.cat(tokens), torch.cat(logprobs)


def _sample_part(
    logits: Logits, uniform: Uniform, config: SamplerConfig
) -> tuple[Tokens, Logprobs]:
    logits = logits.float()
    if config.temperature == 0:
        # Temperature 0, which nothing can be divided by.
        tokens = logits.argmax(-1)
    else:
        tokens = _inverse(probabilities(logits, config), uniform)
    raw = torch.log_softmax(logits, -1)
    return tokens, raw.gather(-1, tokens[:, None])[:, 0]


def probabilities(logits: Logits, config: SamplerConfig) -> Logits:
    """float32 [rows, vocabulary]: temperature, then min-p, top-k, top-p, in vLLM's order."""
    # Filters after the temperature: they are shares of what would be sampled.
    p = torch.softmax(logits / config.temperature, -1)
    if config.min_p > 0:
        p = p.where(p >= config.min_p * p.amax(-1, keepdim=True), 0)
    if 0 < config.top_k < p.shape[-1]:
        least = p.topk(config.top_k, -1).values[:, -1:]
        p = p.where(p >= least, 0)
    if config.top_p < 1:
        p = _nucleus(p, config.top_p)
    return p


def _nucleus(p: Logits, top_p: float) -> Logits:
    """Keep the likeliest tokens up to the first at which `top_p` of the mass is reached.

    Sorting a whole vocabulary is slow, and nearly always a few tokens hold that mass.
    """
    mass = top_p * p.double().sum(-1, keepdim=True)
    few = _ranked_nucleus(p, mass, min(LIKELY, p.shape[-1]))
    wide = (few.double().sum(-1, keepdim=True) < mass)[:, 0]
    if bool(wide.any()):
        few[wide] = _ranked_nucleus(p[wide], mass[wide], p.shape[-1])
    return few


def _ranked_nucleus(p: Logits, mass: Float64[Tensor, "rows 1"], count: int) -> Logits:
    ranked, order = p.topk(count, -1)
    before = ranked.double().cumsum(-1) - ranked
    return p.new_zeros(p.shape).scatter_(-1, order, ranked.where(before < mass, 0))


def _inverse(p: Logits, uniform: Uniform) -> Tokens:
    """The first token whose cumulative probability exceeds `uniform` of the total."""
    # In float64: over a large vocabulary float32 loses the last tokens.
    cumulative = p.double().cumsum(-1)
    total = cumulative[:, -1]
    # Rounding must not push the target up to the total, where no token lies.
    target = torch.minimum(uniform * total, torch.nextafter(total, total.new_zeros(())))
    return torch.searchsorted(cumulative, target[:, None], right=True)[:, 0]
