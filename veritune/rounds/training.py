"""The training part of a round: which trainer, what it says while it works, what it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from veritune.config import DpoTrainerConfig, Recipe, RlConfig, SftTrainerConfig
from veritune.journal import Journal, RunFolder
from veritune.models.checkpoints import remove_folder
from veritune.models.manifest import made_by, read_manifest
from veritune.records import Checkpoint
from veritune.rounds.progress import Progress, raise_if_cancelled
from veritune.rounds.whole import note
from veritune.trainer import (
    Example,
    Rollout,
    SftTrainer,
    Trainer,
    minibatches_per_epoch,
    open_dpo,
    open_policy_gradient,
)
from veritune.use import use_of

METRICS_EVERY = 50


class Training:
    """Trains round after round from `start`, the policy that the run began with."""

    def __init__(
        self,
        recipe: Recipe,
        folder: RunFolder,
        journal: Journal,
        progress: Progress,
        start: Checkpoint,
    ) -> None:
        self._recipe, self._folder, self._journal = recipe, folder, journal
        self._progress, self._start = progress, start
        self._gradient: Trainer[Rollout] | None = None
        self._round = 0
        self._rows: list[dict[str, Any]] = []
        self._steps = 0

    def newest(self) -> tuple[int, Checkpoint]:
        """The last round that was trained, and its policy; round 0 is the start."""
        round, row = max(self._journal.policies().items())
        if round == 0:
            return 0, self._start
        return round, Checkpoint(path=str(self._folder.checkpoint(round)), policy=row.policy)

    def update(
        self, round: int, policy: Checkpoint, batch: Sequence[Example | Rollout]
    ) -> Checkpoint:
        """The policy after this round."""
        self._round = round
        out = self._folder.checkpoint(round)
        self._steps = self._count_steps(batch)
        with self._progress.phase(f"round {round}: train", self._steps) as advance:

            def on_step(step: dict[str, Any]) -> None:
                self._note(step)
                advance(1, loss=step["loss"])
                raise_if_cancelled()

            self._on_step = on_step
            with self._named(round, policy):
                trained = self._train(policy, batch, out)
        note(self._journal, round, trained.policy, read_manifest(out))
        self._forget(round)
        return trained

    def _named(self, round: int, policy: Checkpoint) -> AbstractContextManager[None]:
        """Checkpoints that are written inside say what they follow from."""
        run, start = self._journal.run_id, self._start.policy
        return made_by(run=run, round=round, previous=policy.policy, start=start)

    def _train(
        self, policy: Checkpoint, batch: Sequence[Example | Rollout], out: Path
    ) -> Checkpoint:
        config, dtype = self._recipe.trainer, self._recipe.model.dtype
        seed = self._recipe.seed * 1000 + self._round
        if isinstance(config, SftTrainerConfig):
            sft = SftTrainer(config, seed=seed, dtype=dtype, on_step=self._on_step)
            return sft.update(self._start if config.start == "base" else policy, batch, out)
        rollouts = [item for item in batch if isinstance(item, Rollout)]
        if isinstance(config, DpoTrainerConfig):
            dpo = open_dpo(config, seed=seed, dtype=dtype, on_step=self._on_step)
            return dpo.update(policy, rollouts, out)
        return self._policy_gradient().update(policy, rollouts, out)

    def _policy_gradient(self) -> Trainer[Rollout]:
        """One trainer for all rounds: what it has in memory need not be read again."""
        config = self._recipe.trainer
        assert not isinstance(config, SftTrainerConfig | DpoTrainerConfig)
        if self._gradient is None:
            self._gradient = open_policy_gradient(
                self._recipe, config, self._start, lambda step: self._on_step(step)
            )
        return self._gradient

    def _count_steps(self, batch: Sequence[Example | Rollout]) -> int:
        config = self._recipe.trainer
        if isinstance(config, RlConfig):
            rollouts = [item for item in batch if isinstance(item, Rollout)]
            usable = sum(use_of(item.verdict).outcome is not None for item in rollouts)
            return config.epochs * minibatches_per_epoch(usable, config.mini_batch_size)
        return config.max_steps

    def _note(self, step: dict[str, Any]) -> None:
        for warning in step.get("warnings", ()) if step["step"] == 1 else ():
            self._progress.say(f"round {self._round}: {warning}")
        self._rows.append({"round": self._round, "phase": "train"} | step)
        if len(self._rows) == METRICS_EVERY or step["step"] == self._steps:
            self._journal.put_metrics(self._rows)
            self._rows = []

    def _forget(self, round: int) -> None:
        """Remove checkpoints that are older than the recipe keeps."""
        keep = self._recipe.rounds.keep_checkpoints
        if not keep:
            return
        known = self._journal.policies().values()
        old = [row.round for row in known if row.kept and 0 < row.round <= round - keep]
        # The journal first: a checkpoint that it says is kept must be there after a kill.
        self._journal.let_go(old)
        for number in old:
            remove_folder(self._folder.checkpoint(number))
