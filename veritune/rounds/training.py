"""The training part of a round: which trainer, what it says while it works, what it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from veritune.config import (
    DpoTrainerConfig,
    GroupConfig,
    PpoConfig,
    Recipe,
    RlConfig,
    SftTrainerConfig,
)
from veritune.errors import JournalError
from veritune.models import (
    MANIFEST,
    made_by,
    model_folder,
    read_manifest,
    remove_folder,
    whole_folder,
)
from veritune.records import Checkpoint, MetricsRow, OnStep, number, texts
from veritune.rounds.progress import Progress, raise_if_cancelled
from veritune.rounds.remaining import TRAIN
from veritune.rounds.timing import timed
from veritune.rounds.whole import note
from veritune.store import PolicyRow, RunFolder, Store
from veritune.trainer import (
    Example,
    PolicyGradientTrainer,
    Rollout,
    SftTrainer,
    minibatches_per_epoch,
    open_dpo,
    open_policy_gradient,
)
from veritune.use import use_of

# Steps of one write: a commit waits for the disk.
METRICS_EVERY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOrder:
    """One round's training: from `policy`, of a run that began at `start`.

    What is not `resumable` is for the engine alone: it has no moments.
    """

    round: int
    start: Checkpoint
    policy: Checkpoint
    batch: Sequence[Example | Rollout]
    out: Path
    resumable: bool = True


class Trainers:
    """The trainer that a recipe asks for, kept between rounds."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._gradient: PolicyGradientTrainer | None = None
        self._on_step: OnStep = lambda step: None

    def update(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        """The policy after one round; what it took to train is free for the engine again."""
        from veritune.models import give_memory_back

        trained = self._train(order, on_step)
        give_memory_back()
        return trained

    def _train(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        self._on_step, config = on_step, self._recipe.trainer
        # A seed a round: the same order of examples every round would teach the order.
        seed, dtype = self._recipe.seed * 1000 + order.round, self._recipe.model.dtype
        if isinstance(config, SftTrainerConfig):
            sft = SftTrainer(config, seed=seed, dtype=dtype, on_step=on_step)
            begin = order.start if config.start == "base" else order.policy
            return sft.update(begin, order.batch, order.out)
        rollouts = [item for item in order.batch if isinstance(item, Rollout)]
        if isinstance(config, DpoTrainerConfig):
            dpo = open_dpo(config, seed=seed, dtype=dtype, on_step=on_step)
            return dpo.update(order.policy, rollouts, order.out)
        trainer = self._policy_gradient(config, order.start)
        return trainer.update(order.policy, rollouts, order.out, resumable=order.resumable)

    def _policy_gradient(
        self, config: PpoConfig | GroupConfig, start: Checkpoint
    ) -> PolicyGradientTrainer:
        """One trainer for all rounds: what it has in memory need not be read again."""
        if self._gradient is None:
            self._gradient = open_policy_gradient(
                self._recipe, config, start, lambda step: self._on_step(step)
            )
        return self._gradient


def follow(recipe: Recipe) -> None:
    """What processes beside the first do under torchrun: train with it, whenever it does."""
    import torch

    from veritune.trainer import receive_order

    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    trainers = Trainers(recipe)
    while isinstance(order := receive_order(), TrainingOrder):
        trainers.update(order, lambda step: None)


class Training:
    """Trains round after round from `start`, the policy that the run began with."""

    def __init__(
        self,
        recipe: Recipe,
        folder: RunFolder,
        store: Store,
        progress: Progress,
        start: Checkpoint,
    ) -> None:
        self._recipe, self._folder, self._store = recipe, folder, store
        self._progress, self._start = progress, start
        self._trainers = Trainers(recipe)
        self._round = 0
        self._rows: list[MetricsRow] = []
        self._steps = 0

    def newest(self) -> tuple[int, Checkpoint]:
        """The last round that has a checkpoint, and its policy; round 0 is the start."""
        known = self._store.policies()
        round, row = max((round, row) for round, row in known.items() if row.kept or not round)
        if round < max(known):
            self._progress.say(
                f"rounds {round + 1} to {max(known)} have no checkpoint (rounds.save_every); they"
                " are trained again from what they sampled"
            )
        if round == 0:
            return 0, self._start
        return round, Checkpoint(path=str(self._folder.checkpoint(round)), policy=row.policy)

    def update(
        self, round: int, policy: Checkpoint, batch: Sequence[Example | Rollout]
    ) -> Checkpoint:
        """The policy after this round."""
        from veritune.trainer import send_order

        out, saved = self._place(round)
        self._round, self._steps = round, self._count_steps(batch)
        order = TrainingOrder(
            round=round, start=self._start, policy=policy, batch=batch, out=out, resumable=saved
        )
        with (
            timed(self._store, round, TRAIN) as counts,
            self._progress.phase(f"round {round}: {TRAIN}", self._steps) as advance,
        ):
            counts |= {"steps": self._steps, "tokens": self._count_tokens(batch)}

            def on_step(step: MetricsRow) -> None:
                self._note(step)
                advance(1, loss=number(step, "loss"))
                raise_if_cancelled()

            with self._named(round, policy):
                send_order(order)
                trained = self._trainers.update(order, on_step)
        self._done(round, trained, saved=saved)
        return trained

    def carry(self, round: int, policy: Checkpoint) -> Checkpoint:
        """The same policy as this round's checkpoint, where there is nothing to train on."""
        out, saved = self._place(round)
        last = round == self._recipe.rounds.count
        # A policy between two checkpoints has no moments: only the last round may end with it.
        if not saved or (policy.path == str(self._folder.between) and not last):
            self._done(round, policy, saved=False)
            return policy
        with self._named(round, policy), whole_folder(out) as aside:
            ours = shutil.ignore_patterns(MANIFEST)
            shutil.copytree(model_folder(policy.path), aside, ignore=ours, dirs_exist_ok=True)
        carried = Checkpoint(path=str(out), policy=policy.policy)
        self._done(round, carried, saved=True)
        return carried

    def _place(self, round: int) -> tuple[Path, bool]:
        """Where this round's policy is written, and whether that is a checkpoint."""
        rounds = self._recipe.rounds
        saved = round % rounds.save_every == 0 or round == rounds.count
        return (self._folder.checkpoint(round) if saved else self._folder.between), saved

    def _done(self, round: int, trained: Checkpoint, *, saved: bool) -> None:
        """Note a round's policy, and remove what is not kept any more."""
        self._check_again(round, trained)
        if not saved:
            row = PolicyRow(
                round=round, policy=trained.policy, previous="", manifest="", kept=False
            )
            return self._store.add_policy(row)
        note(self._store, round, trained.policy, read_manifest(model_folder(trained.path)))
        remove_folder(self._folder.between)
        self._forget()

    def _check_again(self, round: int, trained: Checkpoint) -> None:
        """A round that is trained a second time must give the policy of the first."""
        known = self._store.policies().get(round)
        if known is not None and known.policy != trained.policy:
            raise JournalError(
                f"round {round}: trained again it gives policy {trained.policy}, and the journal"
                f" knows {known.policy}; go back with --from-round, to a round with a checkpoint"
            )

    def _named(self, round: int, policy: Checkpoint) -> AbstractContextManager[None]:
        """Checkpoints that are written inside say what they follow from."""
        run, start = self._store.run_id, self._start.policy
        return made_by(run=run, round=round, previous=policy.policy, start=start)

    def _count_steps(self, batch: Sequence[Example | Rollout]) -> int:
        config = self._recipe.trainer
        if isinstance(config, RlConfig):
            rollouts = [item for item in batch if isinstance(item, Rollout)]
            usable = sum(use_of(item.verdict).outcome is not None for item in rollouts)
            return config.epochs * minibatches_per_epoch(usable, config.mini_batch_size)
        return config.max_steps

    def _count_tokens(self, batch: Sequence[Example | Rollout]) -> int:
        """Sampled tokens that policy gradients go through, in all epochs; 0 of other trainers,
        whose steps say how many they had."""
        config = self._recipe.trainer
        if not isinstance(config, RlConfig):
            return 0
        rollouts = [item for item in batch if isinstance(item, Rollout)]
        used = (item for item in rollouts if use_of(item.verdict).outcome is not None)
        return config.epochs * sum(len(item.candidate.token_ids or ()) for item in used)

    def _note(self, step: MetricsRow) -> None:
        for warning in texts(step, "warnings") if step["step"] == 1 else ():
            self._progress.say(f"round {self._round}: {warning}")
        self._rows.append({"round": self._round, "phase": "train", **step})
        if len(self._rows) == METRICS_EVERY or step["step"] == self._steps:
            self._store.put_metrics(self._rows)
            self._rows = []

    def _forget(self) -> None:
        """Remove checkpoints that are older than the recipe keeps."""
        keep = self._recipe.rounds.keep_checkpoints
        if not keep:
            return
        known = self._store.policies().values()
        old = [row.round for row in known if row.kept and row.round][:-keep]
        # The journal first: a checkpoint that it says is kept must be there after a kill.
        self._store.let_go(old)
        for gone in old:
            remove_folder(self._folder.checkpoint(gone))
