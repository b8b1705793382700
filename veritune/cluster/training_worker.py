"""One of the workers that Ray Train starts, from inside: it trains by order, with the others."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from veritune.cluster.calls import result
from veritune.cluster.mailbox import ShippedOrder, TrainingMailbox, WorkerReply
from veritune.cluster.shipping import (
    ShippedPolicy,
    forget_others,
    names_of,
    own_folder,
    put_files,
    receive,
)
from veritune.config import Recipe
from veritune.errors import VerituneError
from veritune.orphans import end_with
from veritune.records import Checkpoint, MetricsRow
from veritune.replies import ReplyLostError
from veritune.sampler import check_content
from veritune.trainer import (
    Trainers,
    TrainingOrder,
    TrainingReply,
    gathered,
    process_rank,
    wait_for_processes,
)

if TYPE_CHECKING:
    from ray.actor import ActorHandle


def train_by_order(
    recipe: Recipe, mailbox: ActorHandle[TrainingMailbox], home: Path, owner: str
) -> None:
    """Train until there are no more orders, or the `owner` ends, a process by its identity.

    `home` is the folder that the recipe's paths are in.
    """
    import ray
    import torch

    end_with(owner)
    if home.is_dir():
        os.chdir(home)
    torch.set_num_threads(recipe.threads or 1)
    with _place() as place:
        worker = TrainingWorker(recipe, mailbox, place)
        number = 0
        while (order := ray.get(mailbox.order.remote(number))) is not None:
            number = order.number
            worker.train(order)


class TrainingWorker:
    """One process of a group. The first one speaks for all of them."""

    def __init__(self, recipe: Recipe, mailbox: ActorHandle[TrainingMailbox], place: Path) -> None:
        self._mailbox, self._place = mailbox, place
        self._trainers = Trainers(recipe)
        self._speaks = process_rank() == 0
        self._group = uuid.uuid4().hex
        self._trained: ShippedPolicy | None = None
        if self._speaks:
            result(mailbox.begin.remote(self._group))

    def train(self, shipped: ShippedOrder) -> None:
        """Train as ordered, and give what came of it to the command."""
        number = shipped.number
        # One that was lost may have ended an order that others of a new group still got.
        if set(gathered(number)) != {number}:
            raise ReplyLostError("the workers were given different orders")
        order = cast("TrainingOrder", result(shipped.order))
        # A learner names the folder that it was saved to last: it stays.
        self._receive(shipped, f"trained-{number - 1}")
        order = replace(
            order,
            start=self._here(shipped.start),
            policy=self._here(shipped.policy),
            out=self._place / f"trained-{number}",
        )
        try:
            trained = self._trainers.update(order, lambda step: self._step(number, step))
        except (VerituneError, ModuleNotFoundError) as error:
            self._tell(TrainingReply(number=number, error=error))
            raise
        if self._speaks:
            # Its objects are this process's: they stay until the next order comes.
            files = put_files(Path(trained.path), state=True)
            self._trained = ShippedPolicy(policy=trained.policy, files=files, base=None)
            self._tell(TrainingReply(number=number, trained=self._trained))

    def _step(self, number: int, step: MetricsRow) -> None:
        if not self._tell(TrainingReply(number=number, step=step)):
            raise ReplyLostError("nobody waits for this training any more")

    def _tell(self, reply: WorkerReply) -> bool:
        return not self._speaks or bool(result(self._mailbox.tell.remote(self._group, reply)))

    def _receive(self, shipped: ShippedOrder, last: str) -> None:
        """Write the policies to the node's folder, once for all of its workers."""
        if _leads_node():
            policies = (shipped.start, shipped.policy)
            kept = names_of(shipped.start) | names_of(shipped.policy) | {last}
            forget_others(kept, self._place)
            for policy in policies:
                check_content(receive(policy, self._place))
        wait_for_processes()

    def _here(self, shipped: ShippedPolicy) -> Checkpoint:
        return Checkpoint(path=str(self._place / shipped.policy), policy=shipped.policy)


def _leads_node() -> bool:
    from ray.train import get_context

    return int(get_context().get_local_rank()) == 0


@contextmanager
def _place() -> Iterator[Path]:
    """A folder for policies that the workers of one node share; its first one removes it."""
    from ray.train import get_context

    node = int(get_context().get_node_rank())
    own = own_folder() if _leads_node() else None
    places = dict(pair for pair in gathered((node, str(own[0]) if own else "")) if pair[1])
    try:
        yield Path(places[node])
    finally:
        if own is not None:
            shutil.rmtree(own[0], ignore_errors=True)
            os.close(own[1])
