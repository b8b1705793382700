"""The process beside ours that ends what we started, once we have ended. Run by its path, alone.

It imports nothing that takes time: until it is there, nobody watches.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

# In the environment of what must end with us, until it replaces or overwrites that.
MARK = "VERITUNE_STARTED_BY"
# What is killed may just have started another, which has the mark once it is another program.
LEAST, MOST, PAUSE = 4, 50, 0.1
# It frees the memory that others shared once they have ended, which takes them a second where they
# had much, and then ends by itself.
TRACKER = b"multiprocessing.resource_tracker"
# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1


def marked(mark: str) -> Iterator[int]:
    """The processes in whose environment the mark begins so, but for this one."""
    sought = f"{MARK}={mark}".encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        if sought in _read(f"/proc/{name}/environ") and int(name) != os.getpid():
            yield int(name)


def is_tracker(pid: int) -> bool:
    """Whether a process is multiprocessing's own, which tidies up behind others."""
    return TRACKER in _read(f"/proc/{pid}/cmdline")


def kill(pid: int, how: int = signal.SIGKILL) -> None:
    """Send a signal; to one that has ended, nothing."""
    with suppress(OSError):
        os.kill(pid, how)


def main() -> None:
    """Words: who is watched, its mark, and a command of Python's that tidies up behind it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Where we are stopped, the kernel wakes us once our parent ends; before this line, it hangs up
    # on us, in a group of our own and our parent's session.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGCONT)
    owner, mark, *after = sys.argv[1:]
    for held in _held_until_ended(int(owner)):
        with suppress(OSError):
            signal.pidfd_send_signal(held, signal.SIGKILL)
    _end_marked(mark)
    if after:
        os.execv(sys.executable, [sys.executable, *after])


def _held_until_ended(owner: int) -> list[int]:
    """Wait for the end of our parent; the processes whose numbers it wrote, as descriptors."""
    held: list[int] = []
    try:
        ends = os.pidfd_open(owner)
    except OSError:
        return held
    poll, told = select.poll(), b""
    poll.register(ends, select.POLLIN)
    poll.register(0, select.POLLIN)
    while os.getppid() == owner:
        for fd, _ in poll.poll():
            if fd == ends:
                return held
            part = os.read(0, 4096)
            if not part:  # It has closed its end, and may be there still.
                poll.unregister(0)
            *numbers, told = (told + part).split(b"\n")
            for number in numbers:
                with suppress(OSError):
                    held.append(os.pidfd_open(int(number)))
    return held


def _end_marked(mark: str) -> None:
    for look in range(MOST):
        there = list(marked(mark))
        if look >= LEAST and not there:
            return
        for pid in there:
            kill(pid, signal.SIGCONT if is_tracker(pid) and look < MOST - 1 else signal.SIGKILL)
        time.sleep(PAUSE)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
