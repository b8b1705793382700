"""Running a command's coroutine, and leaving at once when the user says so."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from collections.abc import Coroutine
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


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a pipe whose reader was interrupted, too
            stream.flush()
    os._exit(code)
