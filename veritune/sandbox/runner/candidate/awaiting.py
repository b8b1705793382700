"""One event loop for all that the tests await: coroutines of theirs run beside each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

# Wall time for which the loop runs before the tests' own loop gets its turn.
MOST_SECONDS = 0.02


class Loop:
    """Tasks by number; each is polled until it is done."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._tasks: dict[int, asyncio.Task[object]] = {}

    def start(self, awaitable: Awaitable[object]) -> int:
        """Make it a task; its number."""
        number = len(self._tasks)
        self._tasks[number] = self._loop.create_task(_awaited(awaitable))
        return number

    def poll(self, number: int) -> list[object]:
        """[True, result] where a task is done, [False] where it is not; raises what it raised."""
        task = self._tasks[number]
        if not task.done():
            self._loop.run_until_complete(asyncio.wait({task}, timeout=MOST_SECONDS))
        return [True, task.result()] if task.done() else [False]

    def cancel(self, number: int) -> None:
        """Cancel a task that nobody awaits any more."""
        self._tasks[number].cancel()
        self._loop.run_until_complete(asyncio.wait({self._tasks[number]}, timeout=MOST_SECONDS))


async def _awaited(value: Awaitable[object]) -> object:
    return await value
