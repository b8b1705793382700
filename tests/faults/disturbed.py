"""A run from its first command to its end, while its processes and what it needs are struck."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from injector import below
from leftovers import description, lineage

# Wall seconds after which nothing of a run may be there.
GRACE = 2.0
# More of it, to tell what ends late on a busy machine from what never does.
LATE = 15.0
# How often the main process is hit, where others are there, too.
MAIN_SHARE = 0.12
# How often it is hit where it is alone: while it imports, samples and trains.
ALONE_SHARE = 0.02
# How often something is hit that the run needs and that outlives it, where there is such a thing.
AROUND_SHARE = 0.35
# Runs are told apart in /proc by this variable, also those that nobody's child is any more.
MARK = "VERITUNE_KILLS"


class Around:
    """What a run needs beside its own processes: nothing here, an engine or a cluster elsewhere."""

    gap = (0.02, 0.2)
    """Wall seconds between two strikes."""
    longest = 900.0
    """Wall seconds after which a run, with all that happens to it, hangs."""

    def words(self) -> list[str]:
        """What is added to the run's command."""
        return []

    def environment(self) -> dict[str, str]:
        """What is added to the run's environment."""
        return {}

    def of_run(self) -> list[int]:
        """Processes that are the run's and not below its own; they must end with it."""
        return []

    def others(self) -> dict[str, list[int]]:
        """By what they are, processes that the run needs and that go on without it."""
        return {}

    def mend(self, running: bool) -> None:
        """Put back what was struck, as the people do who look after it."""

    def may_end(self, said: str) -> bool:
        """Whether a run may end with this line, to be resumed with the same command."""
        return False

    def left(self) -> list[str]:
        """What is there of the run that is no process."""
        return []

    def close(self) -> None:
        """End all of it."""


class Disturbed:
    """A run, from its first command to its end, and what was done to it."""

    def __init__(self, recipe: Path, seed: int, most: int, around: Around) -> None:
        self.recipe, self.most, self.random = recipe, most, random.Random(seed)
        self.around = around
        self.struck: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.ended: list[str] = []
        self.blows: list[str] = []
        self.left = 0
        self._seen: dict[int, str] = {}
        self._lineage: dict[int, str] = {}
        self._main = 0
        self._mark = f"{os.getpid()}-{seed}"
        self._waking: dict[int, float] = {}
        self._deadline = time.monotonic() + around.longest

    def finish(self) -> None:
        """Run the command again and again, until it ends by itself."""
        while True:
            words = ["-m", "veritune", "run", str(self.recipe), *self.around.words()]
            run = subprocess.Popen(
                [sys.executable, *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, MARK: self._mark, **self.around.environment()},
            )
            self._main = run.pid
            killed = self._disturb(run)
            self._wake(float("inf"))
            said = run.communicate()[1].strip()
            self._look_for_left()
            self.around.mend(running=False)
            self._look_for_things()
            if killed:
                continue
            if run.returncode and self._is_line(said):
                self.ended.append(said.splitlines()[-1])
                continue
            if run.returncode:
                self.wrong.append(f"exit code {run.returncode}: {said[-1500:]}")
            return

    def _is_line(self, said: str) -> bool:
        ours = [line for line in said.splitlines() if line.startswith("veritune: ")]
        return "Traceback" not in said and self.around.may_end(ours[-1] if ours else said)

    def _disturb(self, run: subprocess.Popen[str]) -> bool:
        """Strike until the run ends; whether it was killed."""
        while run.poll() is None:
            self._wake(time.monotonic())
            time.sleep(self.random.uniform(*self.around.gap))
            if time.monotonic() > self._deadline:
                self.wrong.append("it hangs")
                run.kill()
                return False
            self.around.mend(running=True)
            there = [*below(run.pid), *self.around.of_run()]
            for pid in [run.pid, *there]:
                if pid not in self._seen:
                    self._seen[pid] = begin(pid)
                    self._lineage[pid] = lineage(pid, run.pid)
            if self.struck.total() >= self.most or run.poll() is not None:
                continue
            with suppress(ProcessLookupError):
                if self._blow(run.pid, there) == "main killed":
                    run.wait()
                    return True
        return False

    def _blow(self, main: int, there: list[int]) -> str:
        """Strike one of all that there is, or none."""
        others = self.around.others()
        if others and self.random.random() < (AROUND_SHARE if there else ALONE_SHARE):
            kind = self.random.choice(sorted(others))
            return self._strike(self.random.choice(others[kind]), kind, ["kill", "kill", "delay"])
        if there and self.random.random() > MAIN_SHARE:
            pid = self.random.choice(there)
            return self._strike(pid, "other", ["kill", "kill", "delay", "stop"])
        if not there and self.random.random() > ALONE_SHARE:
            return ""
        # Nobody can do anything about a main process that is stopped for good.
        return self._strike(main, "main", ["kill", "delay"])

    def _strike(self, pid: int, whom: str, ways: list[str]) -> str:
        how = self.random.choice(ways)
        self.blows.append(f"at {time.monotonic():.2f} {how} {whom} {pid} ({name(pid)})")
        os.kill(pid, signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        if how == "delay":
            self._waking[pid] = time.monotonic() + self.random.uniform(0.05, 0.8)
            self._seen.setdefault(pid, "")
        self.struck[f"{how} {whom}"] += 1
        return f"{whom} {how}ed"

    def _wake(self, now: float) -> None:
        for pid in [pid for pid, at in self._waking.items() if at <= now]:
            del self._waking[pid]
            with suppress(ProcessLookupError):
                if self._seen.get(pid) in ("", begin(pid)):
                    os.kill(pid, signal.SIGCONT)

    def _look_for_left(self) -> None:
        """Count what is still there after the time of grace, and say what each of it is."""
        ended = time.monotonic()
        while (there := self._there()) and time.monotonic() < ended + GRACE:
            time.sleep(0.05)
        self.left += len(there)
        for pid in there:
            print(f"  left after {GRACE:g} s: {self._role(pid)}", flush=True)
        if there:
            print(f"    main {self._main} ended at {ended:.2f}; struck before it:", flush=True)
            print("    " + "\n    ".join(self.blows[-8:]), flush=True)
        while (late := self._there()) and time.monotonic() < ended + GRACE + LATE:
            time.sleep(0.05)
        if there:
            print(f"    after {LATE:g} s more: {len(late)}", flush=True)
        for pid in late:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._seen.clear()
        self._waking.clear()

    def _look_for_things(self) -> None:
        """As `_look_for_left`, for what is no process, once all that was struck is back."""
        end = time.monotonic() + GRACE
        while (things := self.around.left()) and time.monotonic() < end:
            time.sleep(0.1)
        self.left += len(things)
        for thing in things:
            print(f"  left {GRACE:g} s after all was put back: {thing}", flush=True)
        if things:
            print("    struck before:\n    " + "\n    ".join(self.blows[-8:]), flush=True)

    def _role(self, pid: int) -> str:
        return description(pid, self._lineage.get(pid, ""))

    def _there(self) -> set[int]:
        found = {pid for pid, at in self._seen.items() if at and begin(pid) == at}
        for number in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                mark = f"{MARK}={self._mark}".encode()
                if mark in Path(f"/proc/{number}/environ").read_bytes():
                    found.add(int(number))
        return found


def begin(pid: int) -> str:
    """When a process began, which tells it from another of its number; nothing for a dead one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()


def name(pid: int) -> str:
    """The beginning of a process's command line."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return " ".join(word[:30] for word in words[:5])
    return "gone"
