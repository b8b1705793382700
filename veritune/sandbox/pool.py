"""A sandbox of several slots: bounded concurrency, retries, renewal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType
from typing import Self

from veritune.errors import SandboxFailureError, SandboxUnavailableError
from veritune.replies import TRIES
from veritune.sandbox import job as wire
from veritune.sandbox.limits import Limits
from veritune.sandbox.protocol import ExecResult, Job
from veritune.sandbox.runner.host.clock import MOST_STRETCH
from veritune.sandbox.slot import START_SECONDS, Slot, SlotIndex, SlotLostError

# A slot is renewed after so many jobs: a fault that builds up unseen does not build up for ever.
USES_PER_SLOT = 5000
# Beyond a job's own limits: the host ends it by itself, unless the machine is very busy.
REPLY_MARGIN_SECONDS = 60.0
# Between two tries; most failures are of an engine that is just being restarted.
PAUSE_SECONDS = 0.5
# So long an engine that worked before may be away; one that never worked gets no time.
RENEW_SECONDS = 60.0


class PooledSandbox:
    """Runs jobs on up to `workers` slots; a slot that misbehaves is replaced.

    `open_slot` starts a host process in isolation; it raises `SandboxFailureError`. What `around`
    gives is open while the sandbox is.
    """

    def __init__(
        self,
        open_slot: Callable[[SlotIndex], Awaitable[Slot]],
        *,
        workers: int,
        limits: Limits,
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.limits, self._around, self._opened = limits, around, ExitStack()
        self._open_slot = open_slot
        self._worked = self._closed = False
        self._starting: set[asyncio.Task[Slot]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._workers = workers
        self._seated = [0] * workers
        self._free: asyncio.LifoQueue[Slot | None] = asyncio.LifoQueue()
        self._open: set[Slot] = set()

    async def __aenter__(self) -> Self:
        self._closed = False
        self._opened.enter_context(self._around())
        for _ in range(self._workers):
            self._free.put_nowait(None)
        # The first slot now: a machine without a working sandbox is told so at once.
        try:
            first = await self._start_first()
        except BaseException:
            await asyncio.to_thread(self._opened.close)
            raise
        self._free.get_nowait()
        self._free.put_nowait(first)
        return self

    async def _start_first(self) -> Slot:
        """The first slot. One that somebody killed costs no try: it says nothing of the machine."""
        deadline, tries = time.monotonic() + START_SECONDS, 0
        while True:
            try:
                return await self._start()
            except SandboxFailureError as error:
                lost = isinstance(error, SlotLostError) and time.monotonic() < deadline
                tries += not lost
                if tries == TRIES:
                    why = f"{error}; see `veritune sandbox doctor`"
                    raise SandboxUnavailableError(why) from None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        await asyncio.gather(*self._starting, *self._closing, return_exceptions=True)
        await asyncio.gather(*(self._drop(slot) for slot in list(self._open)))
        await asyncio.to_thread(self._opened.close)

    async def run(self, job: Job, limits: Limits | None = None) -> ExecResult:
        """Run one job when a slot is free; what breaks is tried again on a new slot."""
        limits = limits or self.limits
        frame, nonce = wire.encode(job, limits)
        seconds = limits.wall_seconds * MOST_STRETCH + REPLY_MARGIN_SECONDS
        slot = await self._free.get()
        try:
            for attempt in range(TRIES):
                try:
                    slot = slot or await self._start()
                    return wire.decode(await slot.run(frame, seconds), nonce)
                except SandboxFailureError:
                    if slot is not None:
                        await self._drop(slot)
                        slot = None
                    if attempt == TRIES - 1:
                        raise
                    await asyncio.sleep(PAUSE_SECONDS * attempt)
            raise AssertionError("unreachable")
        except BaseException:
            # Also a cancelled caller: its job may still run in the slot.
            if slot is not None:
                await asyncio.shield(self._drop(slot))
                slot = None
            raise
        finally:
            if slot is not None and slot.uses >= USES_PER_SLOT:
                await self._drop(slot)
                slot = None
            self._free.put_nowait(slot)

    async def _start(self) -> Slot:
        """A new slot. Who waits may be cancelled; the starting itself never is half-way."""
        if self._closed:
            raise SandboxFailureError("the sandbox is closed")
        task = asyncio.ensure_future(self._open_one())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._abandon)
            raise

    async def _open_one(self) -> Slot:
        """Open a slot; an engine that worked before is given time to come back."""
        deadline = time.monotonic() + (RENEW_SECONDS if self._worked else 0)
        index = SlotIndex(self._seated.index(min(self._seated)), self._workers)
        self._seated[index.number] += 1
        try:
            slot = await self._open_by(deadline, index)
        except BaseException:
            self._seated[index.number] -= 1
            raise
        self._worked = True
        self._open.add(slot)
        return slot

    async def _open_by(self, deadline: float, index: SlotIndex) -> Slot:
        while True:
            try:
                return await self._open_slot(index)
            except SandboxFailureError:
                if self._closed or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)

    def _abandon(self, task: asyncio.Task[Slot]) -> None:
        if not task.cancelled() and task.exception() is None and not self._closed:
            closing = asyncio.ensure_future(self._drop(task.result()))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _drop(self, slot: Slot) -> None:
        if slot in self._open:
            self._open.remove(slot)
            self._seated[slot.index.number] -= 1
        await slot.close()
