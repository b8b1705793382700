"""Where we are killed, what we started ends, too, whoever else is killed or stopped with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.injector import below, lives

from veritune.orphans import has_ended, identity

# A child that nobody ends with its parent, and its own child, as an engine and its worker are.
OWNER = """
import os, subprocess, sys, time
from veritune.orphan_watcher import MARK
from veritune.orphans import OrphanWatchers, new_mark
waits = "import subprocess as s; print(s.Popen(['sleep', '600'], stdout=s.DEVNULL).pid, flush=True)"
watchers = OrphanWatchers(["-c", "import sys; open(sys.argv[1], 'a').write('x')", sys.argv[1]])
subprocess.run([sys.executable, "-c", waits], env={**os.environ, MARK: new_mark()})
print(*(watcher.pid for watcher in watchers.processes), flush=True)
sys.stdin.readline()
print(*(watcher.pid for watcher in watchers.processes), flush=True)
if sys.argv[2] == "close":
    watchers.close()
    sys.exit()
time.sleep(600)
"""
START = 30.0
"""Wall seconds: a backstop on a busy machine."""


def gone(pids: list[int], seconds: float = START) -> bool:
    end = time.monotonic() + seconds
    while any(map(lives, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(lives, pids))


@contextmanager
def owner(text: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    begun = subprocess.Popen(
        [sys.executable, "-c", text, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield begun
    finally:
        begun.kill()
        begun.communicate()


def ready(watcher: int) -> bool:
    """Whether it waits for the end of its parent, of which it has a descriptor."""
    return any("pidfd" in os.readlink(fd) for fd in Path(f"/proc/{watcher}/fd").iterdir())


def numbers(begun: subprocess.Popen[str]) -> list[int]:
    assert begun.stdout is not None
    return [int(word) for word in begun.stdout.readline().split()]


@pytest.mark.parametrize("fault", ["none", "one killed", "one stopped", "both stopped", "replaced"])
def test_what_we_started_ends_with_us(fault: str, tmp_path: Path) -> None:
    with owner(OWNER, str(tmp_path / "after"), "wait") as begun:
        assert begun.stdin is not None
        (started,), watchers = numbers(begun), numbers(begun)
        if fault == "replaced":
            for pid in watchers:
                os.kill(pid, signal.SIGKILL)
            assert gone(watchers)
            time.sleep(3)  # Others begin meanwhile; how soon, the machine's load decides.
            print(file=begun.stdin, flush=True)
            before, watchers = watchers, numbers(begun)
            assert not set(before) & set(watchers)
        while not all(map(ready, watchers)):
            time.sleep(0.02)
        if "stopped" in fault:
            for pid in watchers[: 2 if "both" in fault else 1]:
                os.kill(pid, signal.SIGSTOP)
        assert lives(started) and all(map(lives, watchers))
        if fault == "one killed":
            os.kill(watchers[0], signal.SIGKILL)
        begun.kill()
        begun.wait()
        assert gone([started, *watchers])
    assert "x" in (tmp_path / "after").read_text()


def test_watchers_that_are_closed_end_nothing(tmp_path: Path) -> None:
    with owner(OWNER, str(tmp_path / "after"), "close") as begun:
        (started,), watchers = numbers(begun), numbers(begun)
        begun.communicate("")
        assert lives(started) and not any(map(lives, watchers))
        os.kill(started, signal.SIGKILL)
    assert not (tmp_path / "after").exists()


# multiprocessing's own helper ends by itself once its parent has.
TRACKED = """
import os, sys
from multiprocessing import resource_tracker
from veritune.orphan_watcher import MARK
from veritune.orphans import end_marked, new_mark
os.environ[MARK] = mark = new_mark()
resource_tracker.ensure_running()
print(resource_tracker._resource_tracker._pid, flush=True)
sys.stdin.readline()
end_marked(mark)
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_what_multiprocessing_needs_ends_with_us(stopped: bool) -> None:
    with owner(TRACKED) as begun:
        (tracker,) = numbers(begun)
        if stopped:
            os.kill(tracker, signal.SIGSTOP)
        begun.communicate("\n")
        assert begun.returncode == 0
        assert gone([tracker])


# Its child, and not it, is what ends with its parent; with the other process that is named, too.
PARENT = """
import subprocess, sys, time
ends = '''
import sys, time
from veritune.orphans import end_with
end_with(sys.argv[1])
print("ready", flush=True)
time.sleep(600)
'''
child = subprocess.Popen([sys.executable, "-c", ends, sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
time.sleep(0.5)
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_a_process_ends_with_its_parent(stopped: bool) -> None:
    with owner(PARENT, "another machine/pid:[1]/1/1") as parent:
        (child,) = numbers(parent)
        if stopped:
            os.kill(child, signal.SIGSTOP)
        assert lives(child)
        parent.kill()
        assert gone([child])


@pytest.mark.parametrize("fault", ["none", "stopped", "without what watches"])
def test_a_process_ends_with_its_owner_which_is_not_its_parent(fault: str) -> None:
    other = subprocess.Popen(["sleep", "600"])
    own = identity(other.pid)
    assert not has_ended(own)
    with owner(PARENT, own) as parent:
        (child,) = numbers(parent)
        while not (beside := below(child)) or not all(map(ready, beside)):
            time.sleep(0.02)
        if fault == "stopped":
            os.kill(child, signal.SIGSTOP)
        elif fault != "none":
            os.kill(beside[0], signal.SIGKILL)
        assert lives(child)
        other.kill()
        other.wait()
        assert has_ended(own)
        assert gone([child, *beside]) and lives(parent.pid)
    assert not has_ended("another machine/pid:[1]/1/1")
