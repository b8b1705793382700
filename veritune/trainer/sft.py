"""Supervised fine-tuning: the trainer of `algorithms.sft`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.config import SftConfig
from veritune.records import Checkpoint, OnStep
from veritune.trainer.batches import tokenize
from veritune.trainer.protocol import Example

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class SftTrainer:
    """Trains a copy of the policy and saves it as a normal Hugging Face folder."""

    def __init__(
        self,
        config: SftConfig,
        *,
        seed: int,
        dtype: str = "float32",
        on_step: OnStep = lambda step: None,
    ) -> None:
        """`dtype` is what the result is written in; what is trained is float32."""
        self._config, self._seed, self._dtype, self._on_step = config, seed, dtype, on_step

    def update(self, checkpoint: Checkpoint, batch: Sequence[Example], out: Path) -> Checkpoint:
        """Train on `batch` from `checkpoint`; the same inputs and seed give the same weights.

        Killed and started again it resumes from its last saved state, to the same weights.
        """
        from veritune.models import load_trainable, save_trained
        from veritune.trainer import processes, sharding
        from veritune.trainer.fitting import finish, state_folder
        from veritune.trainer.precision import DTYPES, resolve

        processes.join()
        base_dtype = DTYPES[resolve(self._config.precision)]
        model, tokenizer = load_trainable(checkpoint.path, base_dtype=base_dtype)
        if self._config.shard:
            sharding.shard(model)
        self.fit(model, tokenizer, batch, state=state_folder(out))
        model = sharding.whole_model(model, checkpoint.path)
        return finish(out, lambda: save_trained(model, tokenizer, out, self._dtype))

    def fit(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        batch: Sequence[Example],
        *,
        state: Path | None = None,
    ) -> None:
        """Train `model` in place."""
        from veritune.trainer.algorithms.sft import Sft
        from veritune.trainer.fitting import FitTask, fit

        algorithm = Sft(self._config)
        task = FitTask(
            rows=tokenize(batch, tokenizer),
            loss=lambda rows: algorithm.loss(model, rows),
            weight=lambda row: row.weight * row.length,
            length=lambda row: len(row.ids),
        )
        fit(model, task, self._config, seed=self._seed, on_step=self._on_step, state=state)
