"""Running a command's coroutine, and leaving at once when the user says so."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import NoReturn, TypeVar

T = TypeVar("T")


def run_async(work: Coroutine[object, None, T]) -> T:
    """As `asyncio.run`; after Ctrl-C nothing is waited for but the coroutine itself.

    `asyncio.run` would then also wait for tasks that do not heed being called off, and for threads
    that a verifier has stuck work in.
    """
    runner = asyncio.Runner()
    try:
        result = runner.run(work)
    except KeyboardInterrupt:
        raise
    except BaseException:
        runner.close()
        raise
    runner.close()
    return result


async def gathered(
    work: Sequence[Callable[[], Coroutine[object, None, T]]], at_once: int
) -> list[T]:
    """The results in order; `at_once` are under way at a time, and the first error ends all."""
    turns = asyncio.Semaphore(at_once)

    async def one(begin: Callable[[], Coroutine[object, None, T]]) -> T:
        async with turns:
            return await begin()

    return list(await asyncio.gather(*map(one, work)))


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a pipe whose reader was interrupted, too
            stream.flush()
    os._exit(code)
