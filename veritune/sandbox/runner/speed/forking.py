"""The C library's own `fork`, without what Python does after it in the child."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

from ..grader.preload import PRELOAD

# `PyDLL` keeps the interpreter's lock over the call, as `os.fork` does.
_fork = ctypes.PyDLL(None, use_errno=True).fork
# Each has something to set up anew in a child, which `os.fork` would have it do. What else may have
# is a library of the user's, imported ahead.
NEEDS_PYTHON = frozenset({"threading", "random", "numpy", "logging", "_ssl"})


def choose() -> Callable[[], int]:
    """How a process with one thread forks.

    `os.fork` makes locks anew that no other thread can hold here, and each child pays for the
    pages: 31 of about 380.
    """
    ahead = os.environ.get(PRELOAD)
    return os.fork if ahead or NEEDS_PYTHON & sys.modules.keys() else _bare_fork


def _bare_fork() -> int:
    pid: int = _fork()
    if pid < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"fork: {os.strerror(number)}")
    return pid
