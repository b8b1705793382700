"""Kills, stops and delays at random processes below this one, as an outsider would."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

DELAYS = (0.05, 0.6)
"""Wall seconds after which a process that was stopped runs again."""
PATIENCE = 2.0
"""Wall seconds to wait for a result."""


def below(root: int) -> list[int]:
    """The processes that descend from `root`, wherever they run."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
            if stat[0] not in (b"Z", b"X"):
                children.setdefault(int(stat[1]), []).append(int(name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def marked(mark: str) -> set[int]:
    """The processes that have `NAME=value` in their environment, and are not yet Python's in a
    sandbox, whose environment bubblewrap clears."""
    found = set()
    for number in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            if mark.encode() in Path(f"/proc/{number}/environ").read_bytes().split(b"\0"):
                found.add(int(number))
    return found


class Injector(threading.Thread):
    """Strikes `most` times, until it is told to end.

    Between two strikes stands what lets some work be done, and some strikes hit what is starting:
    0 to `results` results (or `PATIENCE`), then up to `gap` wall seconds.
    """

    def __init__(self, seed: int, most: int, *, gap: float, results: int) -> None:
        super().__init__()
        self._random, self._most, self._gap = random.Random(seed), most, gap
        self._ours = {os.getpid(), *below(os.getpid())}
        self._over, self._results = threading.Event(), results
        self.done = threading.Semaphore(0)
        self.seen: set[int] = set()
        self.struck: dict[str, int] = {}

    def run(self) -> None:
        acts: list[Callable[[int], None]] = [self.kill, self.kill, self.stop, self.delay]
        while sum(self.struck.values()) < self._most:
            for _ in range(self._random.randint(0, self._results)):
                self.done.acquire(timeout=PATIENCE)
            if self._over.wait(self._random.uniform(0, self._gap)):
                return
            there = sorted(set(below(os.getpid())) - self._ours)
            self.seen.update(there)
            if there:
                act = self._random.choice(acts)
                with suppress(ProcessLookupError):
                    act(self._random.choice(there))
                    self.struck[act.__name__] = self.struck.get(act.__name__, 0) + 1

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def stop(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)

    def delay(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        timer = threading.Timer(self._random.uniform(*DELAYS), self._wake, [pid])
        timer.daemon = True
        timer.start()

    def _wake(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Strike no more."""
        self._over.set()
        self.done.release(self._results + 1)
        self.join()
        self.seen.update(set(below(os.getpid())) - self._ours)

    def left(self, seconds: float) -> list[int]:
        """Which of the processes that were seen are there after `seconds`, or sooner none."""
        deadline = time.monotonic() + seconds
        while found := [pid for pid in self.seen if lives(pid)]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in b"ZX"
    except OSError:
        return False
