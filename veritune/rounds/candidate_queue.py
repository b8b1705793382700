"""A sampler's candidates for verifiers that take them one by one, with room for a few between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

from veritune.records import Candidate

# Candidates that may wait for a verifier; then the sampler waits.
ROOM = 512
# How long the sampler is waited for once it has been told to end.
END_SECONDS = 3.0


class CandidateQueue:
    """Runs a sampler in a thread of its own, ahead of those who read."""

    def __init__(
        self,
        source: Iterator[Candidate],
        end: Callable[[], None],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`end` makes `source` end soon, and is called from another thread; `ended` is called here
        once it has."""
        self._source, self._end, self._ended = source, end, ended
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Queue[Candidate | BaseException | None] = asyncio.Queue()
        self._room = threading.Semaphore(ROOM)
        self._over, self._done = threading.Event(), threading.Event()
        # A daemon: a sampler that is stuck must not hold up the exit.
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the sampler; at the end, and whatever happens, tell it to end and wait a while."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._room.release()
            if not self._done.is_set():
                await asyncio.to_thread(self._stop)

    async def next(self) -> Candidate | None:
        """The next candidate; None for every reader once there are no more.

        Raises what the sampler raised.
        """
        item = await self._ready.get()
        if isinstance(item, Candidate):
            self._room.release()
            return item
        # Back again: every other reader must learn of the end, too.
        self._ready.put_nowait(item)
        if item is not None:
            raise item
        return None

    def _stop(self) -> None:
        self._end()
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        last: BaseException | None = None
        try:
            for candidate in self._source:
                self._room.acquire()
                if self._over.is_set():
                    break
                self._put(candidate)
        except BaseException as error:
            last = error
        finally:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
            self._done.set()
            self._put(last)
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ended)

    def _put(self, item: Candidate | BaseException | None) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody reads any more.
            self._loop.call_soon_threadsafe(self._ready.put_nowait, item)
