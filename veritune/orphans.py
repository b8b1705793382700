"""Processes that must end with this one, however it ends: another beside it sees to that."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# In the environment of what must end with us, until it replaces or overwrites that.
MARK = "VERITUNE_STARTED_BY"
# Reads process ids until we have ended, and ends those, and what has the mark; again and again,
# since what is killed may just have started another.
WATCH = """
import os, signal, sys, time
mark = sys.argv[1].encode()
def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
for pid in [int(line) for line in sys.stdin]:
    end(pid)
for _ in range(4):
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                found = mark in file.read()
        except OSError:
            continue
        if found:
            end(int(name))
    time.sleep(0.1)
"""


def new_mark() -> str:
    """A value that nobody else's environment has."""
    return secrets.token_hex(16)


def watcher(mark: str) -> subprocess.Popen[str]:
    """What ends those with the mark, and those whose numbers it is sent, once we have ended."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCH, f"{MARK}={mark}"],
        stdin=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != MARK},
        start_new_session=True,  # Ctrl-C is for us, and must not end it before us.
    )


@contextmanager
def ended_with_us() -> Iterator[dict[str, str]]:
    """An environment: what is started with it ends where we are killed inside of this.

    bubblewrap's process in the new namespace waits until the one outside tells it to go on. That
    one the kernel ends with us; where this comes between two of its system calls, the other would
    wait for ever.
    """
    mark = new_mark()
    watching = watcher(mark)
    try:
        yield {**os.environ, MARK: mark}
    finally:
        watching.kill()
        watching.wait()
        if watching.stdin is not None:
            watching.stdin.close()
