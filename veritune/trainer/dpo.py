"""Direct preference optimisation: the trainer of `algorithms.dpo`, and its pairs as rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from veritune.config import DpoConfig, PairConfig
from veritune.errors import TrainingError
from veritune.models import load_trainable, save_trained
from veritune.records import Checkpoint, OnStep
from veritune.trainer import processes, sharding
from veritune.trainer.algorithms.dpo import Dpo
from veritune.trainer.batches import encode
from veritune.trainer.fitting import FitTask, finish, fit, state_folder
from veritune.trainer.likelihood import completion_logprobs
from veritune.trainer.pairs import PreferencePair, pair_prompt, verdict_pairs
from veritune.trainer.precision import DTYPES, computing, resolve
from veritune.trainer.protocol import Rollout
from veritune.trainer.rows import PairRow

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Pairs that the reference scores at once, without gradient: its memory is that of one forward pass.
AT_ONCE = 32


class DpoTrainer:
    """Trains a copy of the policy; the policy itself is the reference."""

    def __init__(
        self,
        config: DpoConfig,
        pairing: PairConfig,
        *,
        seed: int,
        dtype: str = "float32",
        on_step: OnStep = lambda step: None,
    ) -> None:
        self._config, self._pairing, self._seed = config, pairing, seed
        self._dtype, self._on_step = dtype, on_step

    def update(self, checkpoint: Checkpoint, batch: Sequence[Rollout], out: Path) -> Checkpoint:
        """Train on pairs of passed and rejected candidates of the same problem."""
        verified = [(item.problem, item.candidate, item.verdict) for item in batch]
        pairs = verdict_pairs(
            verified,
            max_per_problem=self._pairing.pairs,
            seed=self._seed,
            steps=self._pairing.steps,
        )
        if not pairs:
            raise TrainingError(
                f"no problem of {len(verified)} candidates has both a passed and a rejected one;"
                " sample more (--sampler.n), or easier problems"
            )
        return self.prefer(checkpoint, pairs, out)

    def prefer(
        self, checkpoint: Checkpoint, pairs: Sequence[PreferencePair], out: Path
    ) -> Checkpoint:
        """Train on given pairs."""
        processes.join()
        precision = resolve(self._config.precision)
        model, tokenizer = load_trainable(checkpoint.path, base_dtype=DTYPES[precision])
        if self._config.shard:
            sharding.shard(model)
        with computing(precision, model.device):
            rows = rows_of(model, tokenizer, pairs, fp32=self._config.fp32_head)
        sharding.put_back(model)
        task = FitTask(
            rows=rows,
            loss=lambda rows: Dpo(self._config).loss(model, rows),
            weight=lambda row: 1.0,
            length=lambda row: len(row.chosen.ids) + len(row.rejected.ids),
        )
        state = state_folder(out)
        fit(model, task, self._config, seed=self._seed, on_step=self._on_step, state=state)
        model = sharding.whole_model(model, checkpoint.path)
        return finish(out, lambda: save_trained(model, tokenizer, out, self._dtype))


def rows_of(
    reference: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[PreferencePair],
    *,
    fp32: bool = False,
) -> list[PairRow]:
    """Pairs as tokens, scored by the reference."""
    encoded = []
    for pair in pairs:
        prompt = pair_prompt(tokenizer, pair)
        encoded += [encode(tokenizer, prompt, c) for c in (pair.chosen, pair.rejected)]
    order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
    logprobs = [0.0] * len(encoded)
    with torch.no_grad():
        for start in range(0, len(order), AT_ONCE):
            part = order[start : start + AT_ONCE]
            scored = completion_logprobs(reference, [encoded[i] for i in part], fp32=fp32).tolist()
            for i, value in zip(part, scored, strict=True):
                logprobs[i] = value
    return [
        PairRow(encoded[i], encoded[i + 1], logprobs[i] - logprobs[i + 1])
        for i in range(0, len(encoded), 2)
    ]
