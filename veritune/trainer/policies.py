"""The two policies of a policy-gradient run: the one that learns, and the frozen reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from veritune.config import RlConfig
from veritune.models import load_policy
from veritune.records import Checkpoint
from veritune.trainer.learner import Learner, open_learner
from veritune.trainer.rollouts import RolloutRow, micro_batches
from veritune.trainer.scoring import score


class Policies:
    """Kept in memory between rounds; read from disk where a round begins from elsewhere."""

    def __init__(self, config: RlConfig, reference: Checkpoint, temperature: float, dtype: str):
        self._config, self._temperature, self._dtype = config, temperature, dtype
        self._reference = reference
        self._frozen: Any = None
        self._learner: Learner | None = None
        self._at = ""

    def take(self, checkpoint: Checkpoint) -> Learner:
        """The learner that stands at `checkpoint`; until it is saved again it is on no disk."""
        if self._learner is None or self._at != checkpoint.policy:
            self._learner = open_learner(checkpoint, self._reference, self._config, self._dtype)
        self._at = ""
        return self._learner

    def save(self, learner: Learner, out: Path) -> Checkpoint:
        """Write the learner after a round."""
        learner.counters.iteration += 1
        saved = learner.save(out)
        self._at = saved.policy
        return saved

    def reference_logprobs(self, rows: Sequence[RolloutRow], width: int) -> torch.Tensor:
        """(rows, width): the reference's log-probabilities."""
        if self._frozen is None:
            self._frozen, _ = load_policy(self._reference.path, dtype=self._dtype)
        return self.logprobs(self._frozen, rows, width)

    def logprobs(self, model: Any, rows: Sequence[RolloutRow], width: int) -> torch.Tensor:
        """(rows, width): a model's log-probabilities, without gradient."""
        out = torch.zeros(len(rows), width)
        with torch.no_grad():
            for part in micro_batches(range(len(rows)), rows, self._config.micro_batch_size):
                scores = score(model, [rows[i] for i in part], width, self._temperature)
                out[part] = scores.logprobs.float().cpu()
        return out
