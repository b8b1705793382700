"""Training in a process of its own, while this one samples and verifies.

A thread would not do: Python's lock and torch's threads are the process's. The other process keeps
`veritune.replies`'s contract: what it writes repeats the number of the order, and where it is lost
or stopped, a fresh one gets the order again. Its result follows from the order alone, and a
checkpoint appears whole or not at all, so that nothing is done twice.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Self, TypeVar

from veritune.config import Recipe
from veritune.errors import TrainingError
from veritune.records import Checkpoint, OnStep
from veritune.replies import LOOK_SECONDS, TRIES, ReplyLostError, Stops
from veritune.rounds.training_worker import LENGTH, framed
from veritune.trainer import TrainingOrder, TrainingReply

T = TypeVar("T")
# Not with -m: what is pickled is then of the module, and not of `__main__`. It ends with its parent
# from before the imports on, which take seconds (1 is PR_SET_PDEATHSIG, of <linux/prctl.h>).
WORKER = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    from veritune.rounds.training_worker import main
    main()
"""


class TrainingProcess:
    """Trains by order, one at a time. Made by `opened`."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._numbers = recipe, count(1)
        self._process: Process | None = None

    @classmethod
    @asynccontextmanager
    async def opened(cls, recipe: Recipe) -> AsyncIterator[Self]:
        """One that is ended at the end, in the middle of its work where it has some."""
        made = cls(recipe)
        try:
            # Importing torch takes seconds, in which the first round is sampled.
            made._process = await made._started()
            yield made
        finally:
            await made._end()

    async def update(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        """The policy after one round; raises what the trainer raises there."""
        why = ""
        for _ in range(TRIES):
            try:
                return await self._asked(order, on_step)
            except ReplyLostError as error:
                why = str(error)
                await self._end()
        raise TrainingError(
            f"round {order.round}: {why}, {TRIES} times over the same batch; look whether memory"
            " runs out (trainer.micro_batch_size), and run the command again to resume"
        )

    async def _asked(self, order: TrainingOrder, on_step: OnStep) -> Checkpoint:
        process = self._process = self._process or await self._started()
        number = next(self._numbers)
        await self._watched(process, _send(process, (number, order)))
        while True:
            reply = await self._watched(process, _receive(process))
            if reply.number != number:
                raise ReplyLostError("the training process replied to another order")
            if reply.error is not None:
                raise reply.error
            if reply.trained is not None:
                return reply.trained
            on_step(reply.step)

    async def _started(self) -> Process:
        path = os.pathsep.join([os.getcwd(), *filter(None, sys.path)])
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WORKER, str(os.getpid())),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": path},
            process_group=0,  # Ctrl-C is ours.
        )
        await _send(process, self._recipe)
        return process

    async def _watched(self, process: Process, work: Coroutine[object, object, T]) -> T:
        """What `work` gives; raises `ReplyLostError` where the process has ended or is stopped."""
        task, stops = asyncio.ensure_future(work), Stops()
        try:
            while not (await asyncio.wait([task], timeout=LOOK_SECONDS))[0]:
                if stops.look([process.pid]):
                    raise ReplyLostError("the training process was stopped")
            return task.result()
        except (EOFError, ConnectionError):
            raise ReplyLostError("the training process was lost") from None
        finally:
            task.cancel()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _send(process: Process, value: object) -> None:
    assert process.stdin is not None
    process.stdin.write(framed(value))
    await process.stdin.drain()


async def _receive(process: Process) -> TrainingReply[Checkpoint]:
    assert process.stdout is not None
    (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    reply: TrainingReply[Checkpoint] = pickle.loads(await process.stdout.readexactly(size))
    return reply
