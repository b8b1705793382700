"""What bubblewrap would leave where we are killed while it starts.

Its process in the new namespace waits until the one outside tells it to go on. That one is ended
with us by the kernel; where this comes between two of its system calls, the other waits for ever.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MARK = "VERITUNE_STARTED_BY"
# Waits until we have ended, however we did, and ends what has the mark in its environment; again
# and again, since what is killed may just have started another.
WATCH = """
import os, signal, sys, time
mark = sys.argv[1].encode()
sys.stdin.read()
for _ in range(4):
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                found = mark in file.read()
            if found:
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            pass
    time.sleep(0.1)
"""


@contextmanager
def ended_with_us() -> Iterator[dict[str, str]]:
    """An environment: what is started with it ends where we are killed inside of this.

    Until it has replaced its environment, as bubblewrap does for what it runs.
    """
    mark = f"{MARK}={secrets.token_hex(16)}"
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCH, mark],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us, and must not end it before us.
    )
    try:
        yield {**os.environ, MARK: mark.partition("=")[2]}
    finally:
        watcher.kill()
        watcher.wait()
        if watcher.stdin is not None:
            watcher.stdin.close()
