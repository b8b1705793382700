"""Checks that a sampler runs the policy that it should run.

A folder's content must have the hash that its checkpoint claims. An engine that keeps weights of
its own must give a fixed probe batch the log-probabilities that transformers gives it, and must
not be nearer to the policy that it ran before, or to the base model without its adapter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from veritune.config import SamplerConfig
from veritune.errors import PolicyMismatchError
from veritune.models import (
    adapter_base,
    adapter_off,
    adapter_rank,
    load_policy,
    model_folder,
    policy_hash,
)
from veritune.records import Checkpoint
from veritune.sampler.codec import PromptCodec

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# 184 log-probabilities: enough that a mean gap stands out of rounding, and a moment's work.
PROBES, PROBE_LENGTH = 8, 24
# Largest mean gap of log-probabilities, in nats, that arithmetic alone explains.
TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1}
# A gap this small is no sign of anything.
NOISE = {"float32": 2e-5, "bfloat16": 1e-2}
# What vLLM can be told of the largest adapter.
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
Scores = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class PolicyProbe:
    """The log-probabilities of a probe batch under a checkpoint, as transformers computes them.

    `base` is the folder of the whole weights, the checkpoint's own or that of the model that an
    adapter is for; `rank` is what an engine must allow for the adapter, 0 where there is none.
    """

    checkpoint: Checkpoint
    codec: PromptCodec
    base: Path
    rank: int
    probes: list[list[int]]
    scores: Scores
    base_scores: Scores | None

    @property
    def mistakes(self) -> dict[str, Scores]:
        """What an engine with this policy might run instead."""
        if self.base_scores is None:
            return {}
        return {"the base model without the adapter": self.base_scores}


@dataclass(frozen=True, slots=True)
class LogprobDiff:
    """How far engine and trainer are apart on the probe batch.

    `mean` is the mean absolute difference of log-probabilities in nats, `kl` the mean of
    r - 1 - log r with r = p_trainer / p_engine (k3, Schulman 2020: http://joschu.net/blog/kl-approx.html),
    `max_ratio` the largest of r and 1/r over all tokens.
    """

    mean: float
    kl: float
    max_ratio: float


def check_content(checkpoint: Checkpoint) -> None:
    """Raise `PolicyMismatchError` where the folder does not hold what the checkpoint claims."""
    found = policy_hash(checkpoint.path)
    if found != checkpoint.policy:
        raise PolicyMismatchError(
            f"{checkpoint.path}: holds policy {found}, not {checkpoint.policy} as recorded; "
            "the folder was changed after it was saved"
        )


def build_policy_probe(checkpoint: Checkpoint, config: SamplerConfig, dtype: str) -> PolicyProbe:
    """Read a checkpoint with transformers, and score the probe batch with it."""
    check_content(checkpoint)
    model, tokenizer = load_policy(checkpoint.path, dtype=dtype)
    codec = PromptCodec(model, tokenizer, config)
    probes = probe_batch(codec.vocabulary, codec.longest)
    folder = model_folder(checkpoint.path)
    base, rank, base_scores = folder, 0, None
    if (base_name := adapter_base(folder)) is not None:
        base = model_folder(base_name)
        largest = adapter_rank(model)
        rank = next((rank for rank in RANKS if rank >= largest), largest)
        with adapter_off(model):
            base_scores = _scores(model, probes)
    scores = _scores(model, probes)
    return PolicyProbe(checkpoint, codec, base, rank, probes, scores, base_scores)


def probe_batch(vocabulary: int, longest: int) -> list[list[int]]:
    """Token ids [probes][length] that are the same for every policy of one vocabulary."""
    # Random ids: any text would be likelier under one policy than another.
    generator = np.random.default_rng(0)
    shape = (PROBES, min(PROBE_LENGTH, longest - 1))
    rows: list[list[int]] = generator.integers(0, vocabulary, shape).tolist()
    return rows


def _scores(model: PreTrainedModel, probes: Sequence[Sequence[int]]) -> list[list[float]]:
    """Log-probability of each probe token after the first."""
    import torch

    ids = torch.tensor(probes, device=model.device)
    with torch.inference_mode():
        logits = model(ids).logits[:, :-1].float()
        scores = torch.log_softmax(logits, -1).gather(-1, ids[:, 1:, None])[..., 0]
    rows: list[list[float]] = scores.tolist()
    return rows


def compare_logprobs(engine: Scores, trainer: Scores) -> LogprobDiff:
    """Compare two scorings of the probe batch."""
    log_ratio = np.asarray(trainer) - np.asarray(engine)
    largest = float(np.abs(log_ratio).max())
    return LogprobDiff(
        mean=float(np.abs(log_ratio).mean()),
        # exp(700) is the largest in float64; anything near it is no rounding either way.
        kl=float((np.expm1(np.minimum(log_ratio, 700.0)) - log_ratio).mean()),
        max_ratio=math.exp(min(largest, 700.0)),
    )


def check_scores(
    engine: Scores, trainer: Scores, others: Mapping[str, Scores], dtype: str, policy: str
) -> LogprobDiff:
    """The gap to the trainer; raises `PolicyMismatchError` where it tells of other weights.

    `others` are the scores of policies that the engine might run by mistake, by what they are.
    """
    ours = compare_logprobs(engine, trainer)
    for name, scores in others.items():
        theirs = compare_logprobs(engine, scores)
        # The wrong policy first: it tells more than that the right one is not there.
        if theirs.mean < ours.mean and ours.mean > NOISE[dtype]:
            raise PolicyMismatchError(
                f"the sampler runs {name}, not policy {policy}: its log-probabilities are "
                f"{theirs.mean:.2g} nats from that and {ours.mean:.2g} from the trainer's"
            )
    if not ours.mean <= TOLERANCE[dtype]:
        raise PolicyMismatchError(
            f"the sampler does not run policy {policy}: its log-probabilities are {ours.mean:.2g} "
            f"nats from the trainer's on average (at most {TOLERANCE[dtype]:g} in {dtype})"
        )
    return ours
