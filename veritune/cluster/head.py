"""Saying that the cluster's head was lost: Ray then ends this process at once, and says nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Waits until this process has ended, however it did, and looks whether the head still answers. The
# kernel wakes it then, where it is stopped (1 is PR_SET_PDEATHSIG, of <linux/prctl.h>).
WATCH = """
import ctypes, signal, socket, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
ctypes.CDLL(None).prctl(1, signal.SIGCONT)
host, port, line = sys.argv[1:]
sys.stdin.read()
try:
    socket.create_connection((host, int(port)), timeout=5).close()
except OSError:
    print(line, file=sys.stderr)
"""


@contextmanager
def head_watched(address: str) -> Iterator[None]:
    """Inside, a process beside this one says it in one line where the head is lost."""
    host, _, port = address.rpartition(":")
    line = (
        f"veritune: cluster: its head {address} is lost, and this command with it; start a cluster"
        " again, and run the same command with its address to resume"
    )
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCH, host.strip("[]"), port, line],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        process_group=0,  # Ctrl-C is for us, and must not end it before us.
    )
    try:
        yield
    finally:
        watcher.kill()
        watcher.wait()
        if watcher.stdin is not None:
            watcher.stdin.close()
