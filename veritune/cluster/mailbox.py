"""What passes between the command and the workers that train for it: one order, and replies.

It outlives a group of workers: those that Ray Train starts in its place find the same order here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from veritune.cluster.shipping import ShippedPolicy
from veritune.trainer import TrainingOrder, TrainingReply

if TYPE_CHECKING:
    from ray import ObjectRef

WorkerReply: TypeAlias = TrainingReply[ShippedPolicy]
"""A type alone: a frozen class with slots cannot be called by such a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedOrder:
    """The order `number`, with the policies that it names."""

    number: int
    order: ObjectRef[TrainingOrder]
    start: ShippedPolicy
    policy: ShippedPolicy


class TrainingMailbox:
    """An actor; whoever waits for something here holds up nobody else."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._order: ShippedOrder | None = None
        self._replies: list[WorkerReply] = []
        self._group = ""
        self._over = False

    async def begin(self, group: str) -> None:
        """A group of workers has started: what the one before says counts no more."""
        async with self._changed:
            self._group, self._replies = group, []
            self._changed.notify_all()

    async def has_begun(self, seconds: float) -> bool:
        """Whether there is a group, after `seconds` at most."""
        await self._wait(lambda: bool(self._group), seconds)
        return bool(self._group)

    async def give(self, order: ShippedOrder) -> None:
        """The order in place of the one before."""
        async with self._changed:
            self._order = order
            self._changed.notify_all()

    async def order(self, after: int) -> ShippedOrder | None:
        """The order, as soon as its number is more than `after`; None at the end."""
        await self._wait(
            lambda: self._over or (self._order is not None and self._order.number > after), None
        )
        return None if self._over else self._order

    async def tell(self, group: str, reply: WorkerReply) -> bool:
        """Take a group's reply; whether the group is to go on."""
        if group != self._group or self._over:
            return False
        async with self._changed:
            self._replies.append(reply)
            self._changed.notify_all()
        return True

    async def replies(self, seconds: float) -> list[WorkerReply]:
        """What came since the last time, after `seconds` at most; perhaps nothing."""
        await self._wait(lambda: bool(self._replies), seconds)
        found, self._replies = self._replies, []
        return found

    async def end(self) -> None:
        """There are no more orders."""
        async with self._changed:
            self._over = True
            self._changed.notify_all()

    async def _wait(self, ready: Callable[[], bool], seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(ready)
