"""Checks that a sampler runs the policy that it should run.

A folder's content must have the hash that its checkpoint claims. An engine that keeps weights of
its own must give a fixed probe batch the log-probabilities that transformers gives it in float32,
up to what the engine's type of number costs this model, and must not be nearer to the policy that
it ran before, or to the base model without its adapter. Where the engine lets its weights be read
they must be equal (`columns`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from veritune.sampler.columns import Columns, read_columns

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PROBE_LENGTH = 24
# What a policy might read and write. Not random tokens: their log-probabilities are far from 0,
# where rounding is large, and no policy is ever asked for them.
TEXTS = (
    "Tom has 12 apples and buys 3 bags with 8 apples each. How many apples does he have now?",
    "3 * 8 = 24\n12 + 24 = 36\nThe answer is 36.\n2 + 5 - 4 = 3\n",
    "def count_even(numbers):\n    return sum(1 for n in numbers if n % 2 == 0)\n",
    "Let x be the number of coins. Then 2x + 5 = 17, so 2x = 12 and x = 6.",
    "Write a function that returns the sum of all elements of a list above a limit.",
    "for i in range(10):\n    total += values[i] * (i + 1)\nprint(total)\n",
    "First, we compute the area of the square: 7 * 7 = 49. The circle is smaller.",
    r"The probability is \frac{1}{6} + \frac{1}{3} = \frac{1}{2}, hence \boxed{\frac{1}{2}}.",
)
# Mean gap of log-probabilities, in nats, below which nothing is refused whatever was measured.
LEAST = {"float32": 1e-3, "bfloat16": 5e-3}
# A gap this small is no sign of anything.
NOISE = 2e-5
# An engine may be so many times as far from float32 as transformers is in the same type.
FACTOR = 3.0
# Parameters at most of a model that is computed in float32 to measure what its type costs.
MOST_EXACT = 4_000_000_000
UNMEASURED = 0.04
"""Gap of a larger model in bfloat16, in nats: what one of 135M was seen to have, rounded up."""
# What vLLM can be told of the largest adapter.
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
Scores = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class PolicyProbe:
    """The log-probabilities of a probe batch under a checkpoint, as transformers computes them.

    `base` is the folder of the whole weights, the checkpoint's own or that of the model that an
    adapter is for; `rank` is what an engine must allow for the adapter, 0 where there is none, and
    `targets` the modules that it is on. `scores` are computed in float32; `noise` is the mean gap
    in nats that the type of number makes.
    """

    checkpoint: Checkpoint
    codec: PromptCodec
    base: Path
    rank: int
    probes: list[list[int]]
    scores: Scores
    base_scores: Scores | None
    noise: float
    columns: Columns
    targets: frozenset[str] = frozenset()

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
    probes = probe_batch(tokenizer, codec.vocabulary, codec.longest)
    columns = read_columns(model, checkpoint.policy)
    rough = _scores(model, probes)
    scores, exact = rough, model.num_parameters() <= MOST_EXACT and dtype != "float32"
    if exact:
        scores = _scores(model.float(), probes)
    measured = exact or dtype == "float32"
    noise = compare_logprobs(rough, scores).mean if measured else UNMEASURED
    folder = model_folder(checkpoint.path)
    base, rank, base_scores, targets = folder, 0, None, frozenset[str]()
    if (base_name := adapter_base(folder)) is not None:
        base = model_folder(base_name)
        largest = adapter_rank(model)
        rank = next((rank for rank in RANKS if rank >= largest), largest)
        # PEFT may name layers in full, or by a pattern; engines know them by their last name.
        layers = [name for name, module in model.named_modules() if hasattr(module, "lora_A")]
        targets = frozenset(name.rpartition(".")[2] for name in layers)
        with adapter_off(model):
            base_scores = _scores(model, probes)
    return PolicyProbe(
        checkpoint, codec, base, rank, probes, scores, base_scores, noise, columns, targets
    )


def probe_batch(tokenizer: Any, vocabulary: int, longest: int) -> list[list[int]]:
    """Token ids [probes][length] that are the same for every policy of one tokenizer."""
    length, rows = min(PROBE_LENGTH, longest - 1), []
    for text in TEXTS:
        ids = [id for id in tokenizer.encode(text, add_special_tokens=False) if id < vocabulary]
        if not ids:  # A tokenizer that knows none of its characters.
            ids = list(range(vocabulary))
        rows.append((ids * (length // len(ids) + 1))[:length])
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
    engine: Scores, probe: PolicyProbe, others: Mapping[str, Scores], dtype: str
) -> LogprobDiff:
    """The gap to the trainer; raises `PolicyMismatchError` where it tells of other weights.

    `others` are the scores of policies that the engine might run by mistake, by what they are.
    """
    ours, policy = compare_logprobs(engine, probe.scores), probe.checkpoint.policy
    for name, scores in others.items():
        theirs = compare_logprobs(engine, scores)
        # The wrong policy first: it tells more than that the right one is not there.
        # Within what rounding does, which of two is nearer is chance.
        if theirs.mean < ours.mean and ours.mean > max(NOISE, 2 * probe.noise):
            raise PolicyMismatchError(
                f"the sampler runs {name}, not policy {policy}: its log-probabilities are "
                f"{theirs.mean:.2g} nats from that and {ours.mean:.2g} from the trainer's"
            )
    most = max(LEAST[dtype], FACTOR * probe.noise)
    if not ours.mean <= most:
        raise PolicyMismatchError(
            f"the sampler does not run policy {policy}: its log-probabilities are {ours.mean:.2g} "
            f"nats from the trainer's on average (at most {most:.2g} in {dtype} for this model)"
        )
    return ours
