"""Training by workers that Ray Train starts, with the trainers that torchrun runs, too.

One group trains all rounds. Where one of its workers is lost, Ray Train starts the group again, and
the round is trained again from its beginning: what comes of it follows from the order alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Self, cast

from veritune.cluster.calls import awaited, lost_errors
from veritune.cluster.limits import CLOSE_SECONDS, PATIENCE, PLACING_SECONDS, RESTARTS
from veritune.cluster.mailbox import ShippedOrder, TrainingMailbox, WorkerReply
from veritune.cluster.shipping import ShippedPolicy, bring, own_folder, ship
from veritune.cluster.training_worker import train_by_order
from veritune.config import Recipe
from veritune.errors import RecipeError, TrainingError
from veritune.models import adapter_base, made_by, model_folder
from veritune.orphans import identity
from veritune.records import Checkpoint, OnStep
from veritune.trainer import TrainingOrder

if TYPE_CHECKING:
    from ray import ObjectRef
    from ray.actor import ActorHandle

# Seconds between two looks at whether Ray Train still trains.
LOOK = 1.0
# Seconds that workers wait for each other: all of a round's sampling, in which they have no order.
WAIT = 12 * 3600
# How often workers are looked a place for in all, a minute each time.
PLACINGS = round(PLACING_SECONDS / 60)
Say = Callable[[str], None]


class ClusterTraining:
    """Trains by order, one at a time. Made by `opened`, where Ray is connected."""

    def __init__(self, recipe: Recipe, mailbox: ActorHandle[TrainingMailbox]) -> None:
        self._recipe, self._mailbox = recipe, mailbox
        self._numbers = count(1)
        self._start: ShippedPolicy | None = None
        self._why = ""
        self._fitting = Thread(target=self._fit, daemon=True)

    @classmethod
    @asynccontextmanager
    async def opened(cls, recipe: Recipe, say: Say) -> AsyncIterator[Self]:
        """With its workers placed and started; they are ended at the end, whatever they do."""
        mailbox = _mailbox()
        made = cls(recipe, mailbox)
        made._fitting.start()
        try:
            await made._begun(say)
            yield made
        finally:
            with suppress(Exception):
                await mailbox.end.remote()
                await asyncio.to_thread(made._fitting.join, CLOSE_SECONDS)
            with suppress(Exception):
                _kill(mailbox)

    async def update(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        """The policy after one round; raises what the trainer raises there."""
        number = next(self._numbers)
        await self._mailbox.give.remote(await asyncio.to_thread(self._shipped, number, order))
        while True:
            for reply in await self._replies(order.round):
                if reply.number != number:
                    continue
                if reply.error is not None:
                    raise reply.error
                if reply.trained is None:
                    on_step(reply.step)
                elif await asyncio.to_thread(self._bring, order, reply.trained):
                    return Checkpoint(path=str(order.out), policy=reply.trained.policy)

    def _shipped(self, number: int, order: TrainingOrder) -> ShippedOrder:
        if self._start is None or self._start.policy != order.start.policy:
            self._start = ship(model_folder(order.start.path), order.start.policy, state=True)
        policy = self._start
        if order.policy.policy != policy.policy:
            policy = ship(model_folder(order.policy.path), order.policy.policy, state=True)
        return ShippedOrder(number=number, order=_put(order), start=self._start, policy=policy)

    def _bring(self, order: TrainingOrder, trained: ShippedPolicy) -> bool:
        """Whether the trained policy is here now: it may be lost with who trained it."""
        base = adapter_base(model_folder(order.policy.path))
        try:
            with made_by(**order.maker):
                bring(trained, order.out, base)
        except lost_errors():
            return False
        return True

    async def _replies(self, round: int) -> list[WorkerReply]:
        """What the workers say; raises `TrainingError` where Ray Train has given up."""
        trains = self._fitting.is_alive()
        found = cast("list[WorkerReply]", await awaited(self._mailbox.replies.remote(LOOK)))
        if not (found or trains):
            raise TrainingError(
                f"cluster: round {round} is not trained, and Ray Train has given up starting its"
                f" workers again ({self._why}); look whether memory runs out"
                " (trainer.micro_batch_size), and run the command again to resume"
            )
        return found

    async def _begun(self, say: Say) -> None:
        """Return when all workers train together; raises `RecipeError` where they find no place."""
        if await self._has_begun(PATIENCE):
            return
        wanted = self._recipe.cluster.trainers
        say(f"cluster: {wanted} training workers have not started yet; waiting for them")
        if not await self._has_begun(PLACING_SECONDS):
            raise RecipeError(
                f"cluster.trainers: {wanted} workers find no place ({self._why or _offered()});"
                " ask for fewer, or add nodes"
            )

    async def _has_begun(self, seconds: float) -> bool:
        for _ in range(max(1, round(seconds / LOOK))):
            if await awaited(self._mailbox.has_begun.remote(LOOK)):
                return True
            if not self._fitting.is_alive():
                break
        return False

    def _fit(self) -> None:
        """In a thread: what Ray Train does, from the first worker to the last."""
        try:
            _train(self._recipe, self._mailbox)
        except (Exception, SystemExit) as error:  # The latter where Ray is shut down meanwhile.
            self._why = _last_line(error)


def _train(recipe: Recipe, mailbox: ActorHandle[TrainingMailbox]) -> None:
    """Return when the workers have ended; raises what Ray Train raises."""
    # Paths of a recipe are those of the command, and not of a folder of Ray's.
    os.environ.setdefault("RAY_CHDIR_TO_TRIAL_DIR", "0")
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    table = recipe.cluster
    # Ray Train makes this folder on every node: where it is left, the next owner removes it.
    notes, lock = own_folder()
    failures = FailureConfig(max_failures=RESTARTS, controller_failure_limit=PLACINGS)
    try:
        TorchTrainer(
            partial(train_by_order, recipe, mailbox, Path.cwd(), identity(os.getpid())),
            torch_config=TorchConfig(timeout_s=WAIT),
            scaling_config=ScalingConfig(
                num_workers=table.trainers,
                use_gpu=table.trainer_gpus > 0,
                resources_per_worker={"CPU": 1, "GPU": table.trainer_gpus},
            ),
            run_config=RunConfig(storage_path=str(notes), failure_config=failures),
        ).fit()
    finally:
        shutil.rmtree(notes, ignore_errors=True)
        os.close(lock)


def _mailbox() -> ActorHandle[TrainingMailbox]:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # Beside this process: it is lost with it, and not before.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, scheduling_strategy=here)(TrainingMailbox).remote()


def _kill(mailbox: ActorHandle[TrainingMailbox]) -> None:
    import ray

    ray.kill(mailbox)


def _put(order: TrainingOrder) -> ObjectRef[TrainingOrder]:
    import ray

    return ray.put(order)


def _offered() -> str:
    import ray

    there = sorted(ray.cluster_resources().items())
    return ", ".join(f"{amount:g} {name}" for name, amount in there if name in ("CPU", "GPU"))


def _last_line(error: BaseException) -> str:
    """What went wrong, which stands behind the traceback that Ray Train makes its message of."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
