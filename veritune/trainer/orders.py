"""One round's training: the order for it, and the trainer that a recipe asks for.

It is the same in the command's own process, under torchrun beside it, in the process that trains
while the command samples, and in the workers of a cluster.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from veritune.config import DpoTrainerConfig, GroupConfig, PpoConfig, Recipe, SftTrainerConfig
from veritune.models import HeldPolicy, made_by
from veritune.records import Checkpoint, MetricsRow, OnStep
from veritune.trainer.opening import open_dpo, open_policy_gradient
from veritune.trainer.protocol import Example, PolicyGradientTrainer, Rollout
from veritune.trainer.sft import SftTrainer

Trained = TypeVar("Trained")
"""How the trained policy comes back: as a folder, or as what a cluster ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOrder:
    """One round's training: from `policy`, of a run that began at `start`.

    The policy `sampled_by` sampled the batch. What is saved says that `maker` made it. What is not
    `resumable` is for the engine alone: it has no moments. What is not wanted `on_disk` is for an
    engine that reads memory.
    """

    round: int
    start: Checkpoint
    policy: Checkpoint
    sampled_by: str
    batch: Sequence[Example | Rollout]
    out: Path
    maker: Mapping[str, str | int]
    resumable: bool = True
    on_disk: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReply(Generic[Trained]):
    """To the order `number`: a step that was made, or the trained policy, or what was raised."""

    number: int
    step: MetricsRow = field(default_factory=dict)
    trained: Trained | None = None
    error: Exception | None = None


class Trainers:
    """The trainer that a recipe asks for, kept between rounds."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._gradient: PolicyGradientTrainer | None = None
        self._on_step: OnStep = lambda step: None

    def update(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        """The policy after one round; what it took to train is free for the engine again."""
        from veritune.models import give_memory_back

        with made_by(**order.maker):
            trained = self._train(order, on_step)
        # A trainer of policy gradients keeps its models.
        give_memory_back(cycles=self._gradient is None)
        return trained

    def held(self) -> HeldPolicy | None:
        """The policy that was trained last, where its trainer has it in memory."""
        return None if self._gradient is None else self._gradient.held()

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
        return trainer.update(
            order.policy,
            rollouts,
            order.out,
            resumable=order.resumable,
            on_disk=order.on_disk,
            sampled_by=order.sampled_by,
        )

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
    from veritune.trainer.processes import receive_order

    set_threads(recipe)
    trainers = Trainers(recipe)
    while isinstance(order := receive_order(), TrainingOrder):
        trainers.update(order, lambda step: None)


def set_threads(recipe: Recipe) -> None:
    """Give torch the recipe's CPU threads; half of the cores where another process has the rest."""
    import torch

    # What samples and what trains at the same time must not wait for each other's cores.
    shared = max(1, (os.cpu_count() or 1) // 2) if recipe.rounds.overlap else 0
    if threads := recipe.threads or shared:
        torch.set_num_threads(threads)
