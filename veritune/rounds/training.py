"""The training part of a round: where it is done, what it says meanwhile, what it leaves."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.config import Recipe, RlConfig
from veritune.errors import JournalError, RecipeError
from veritune.models import (
    MANIFEST,
    made_by,
    model_folder,
    read_manifest,
    remove_folder,
    save_policy,
    whole_folder,
)
from veritune.records import Checkpoint, MetricsRow, OnStep, number, texts
from veritune.rounds.progress import Progress, raise_if_cancelled
from veritune.rounds.remaining import TRAIN
from veritune.rounds.timing import timed
from veritune.rounds.training_process import TrainingProcess
from veritune.rounds.whole import note
from veritune.sampler import NativeSampler, Sampler
from veritune.store import PolicyRow, RunFolder, Store
from veritune.trainer import Example, Rollout, Trainers, TrainingOrder, minibatches_per_epoch
from veritune.use import use_of

if TYPE_CHECKING:
    from veritune.cluster import ClusterTraining

# Steps of one write: a commit waits for the disk.
METRICS_EVERY = 50


class Training:
    """Trains round after round from `start`, the policy that the run began with.

    With `beside` the process or the cluster there trains, and this process has its hands free.
    """

    def __init__(
        self,
        recipe: Recipe,
        folder: RunFolder,
        store: Store,
        progress: Progress,
        start: Checkpoint,
        sampler: Sampler,
        beside: TrainingProcess | ClusterTraining | None = None,
    ) -> None:
        self._recipe, self._folder, self._store = recipe, folder, store
        self._progress, self._start, self._sampler = progress, start, sampler
        self._trainers, self._beside = Trainers(recipe), beside
        self._round = 0
        self._rows: list[MetricsRow] = []
        self._steps = 0

    def newest(self) -> int:
        """The last round that has a checkpoint; round 0 is the start."""
        known = self._store.policies()
        round = max(round for round, row in known.items() if row.kept or not round)
        if round < max(known):
            self._progress.say(
                f"rounds {round + 1} to {max(known)} have no checkpoint (rounds.save_every); they"
                " are trained again from what they sampled"
            )
        return round

    def policy(self, round: int) -> Checkpoint:
        """The policy after a round that has a checkpoint."""
        if round == 0:
            return self._start
        name = self._store.policies()[round].policy
        return Checkpoint(path=str(self._folder.checkpoint(round)), policy=name)

    async def update(
        self, round: int, policy: Checkpoint, batch: Sequence[Example | Rollout]
    ) -> Checkpoint:
        """The policy after this round; that of the round before where there is nothing to learn."""
        if not batch:
            return self._carry(round, policy)
        out, saved = self._place(round)
        self._round, self._steps = round, self._count_steps(batch)
        before = self._store.policies()[self._recipe.rounds.sampled_after(round)]
        order = TrainingOrder(
            round=round,
            start=self._start,
            policy=policy,
            sampled_by=before.policy,
            batch=batch,
            out=out,
            maker=self._maker(round, policy),
            resumable=saved,
        )
        with (
            timed(self._store, round, TRAIN) as counts,
            self._progress.phase(f"round {round}: {TRAIN}", self._steps) as advance,
        ):
            counts |= {"steps": self._steps, "tokens": self._count_tokens(batch)}

            def on_step(step: MetricsRow) -> None:
                self._note(step)
                # On its own samples the loss of a policy gradient is 0, whatever is learned.
                shown = "reward" if "reward" in step else "loss"
                advance(1, **{shown: number(step, shown)})
                raise_if_cancelled()

            if self._beside is not None:
                trained = await self._beside.update(order, on_step)
            else:
                trained = self._update_here(order, on_step)
        self._done(round, trained, saved=saved)
        return trained

    def _update_here(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        from veritune.trainer import send_order

        # A sampler in this process needs no weights of its own while they change.
        local = self._sampler if isinstance(self._sampler, NativeSampler) else None
        if local is not None:
            order = replace(order, on_disk=order.resumable or not local.can_share)
            local.rest()
        send_order(order)
        trained = self._trainers.update(order, on_step)
        if local is not None:
            local.share(self._trainers.held())
        return trained

    def _carry(self, round: int, policy: Checkpoint) -> Checkpoint:
        """The same policy as this round's checkpoint."""
        out, saved = self._place(round)
        last = round == self._recipe.rounds.count
        between = policy.path == str(self._folder.between)
        # A policy between two checkpoints has no moments: only the last round may end with it.
        if not saved or (between and not last):
            self._done(round, policy, saved=False)
            return policy
        held = self._trainers.held()
        with made_by(**self._maker(round, policy)):
            # What is `between` on disk may be an older one.
            if between and held is not None and held.policy == policy.policy:
                save_policy(held.model, held.tokenizer, out, dtype=self._recipe.model.dtype)
            else:
                _copy(policy, out)
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

    def _maker(self, round: int, policy: Checkpoint) -> dict[str, str | int]:
        """What a checkpoint says that it follows from."""
        run, start = self._store.run_id, self._start.policy
        return {"run": run, "round": round, "previous": policy.policy, "start": start}

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
        if step["step"] == 1:
            # A process that was lost in the middle of the round begins it again.
            self._rows = [row for row in self._rows if row["round"] != self._round]
            for warning in texts(step, "warnings"):
                self._progress.say(f"round {self._round}: {warning}")
        self._rows.append({"round": self._round, "phase": "train", **step})
        if len(self._rows) == METRICS_EVERY or step["step"] == self._steps:
            self._store.put_metrics(self._rows)
            self._rows = []

    def _forget(self) -> None:
        """Remove checkpoints that are older than the recipe keeps."""
        rounds = self._recipe.rounds
        if not rounds.keep_checkpoints:
            return
        # A run that is resumed samples what is next, and measures, from so many policies.
        keep = max(rounds.keep_checkpoints, rounds.overlap + 1)
        known = self._store.policies().values()
        old = [row.round for row in known if row.kept and row.round][:-keep]
        # The journal first: a checkpoint that it says is kept must be there after a kill.
        self._store.let_go(old)
        for gone in old:
            remove_folder(self._folder.checkpoint(gone))


def _copy(policy: Checkpoint, out: Path) -> None:
    """The policy's folder as the folder `out`, with a manifest of its own."""
    ours = shutil.ignore_patterns(MANIFEST)
    with whole_folder(out) as aside:
        shutil.copytree(model_folder(policy.path), aside, ignore=ours, dirs_exist_ok=True)


@asynccontextmanager
async def open_training(
    recipe: Recipe,
    folder: RunFolder,
    store: Store,
    progress: Progress,
    start: Checkpoint,
    sampler: Sampler,
) -> AsyncIterator[Training]:
    """What trains a run's policies; with `rounds.overlap` in a process of its own.

    With `cluster.trainers` workers of the cluster do, with and without.
    """
    parts = recipe, folder, store, progress, start, sampler
    on_cluster = recipe.cluster.trainers if recipe.cluster.address else 0
    if not (recipe.rounds.overlap or on_cluster):
        yield Training(*parts)
        return
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        key = "cluster.trainers" if on_cluster else "rounds.overlap"
        raise RecipeError(
            f"{key} trains in processes of its own: leave torchrun out, or set it to 0"
        )
    if on_cluster:
        from veritune.cluster import ClusterTraining

        async with ClusterTraining.opened(recipe, progress.say) as workers:
            yield Training(*parts, workers)
        return
    async with TrainingProcess.opened(recipe) as beside:
        yield Training(*parts, beside)
