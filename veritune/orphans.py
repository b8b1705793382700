"""Processes that must end with this one, however it ends: others beside it see to that."""

from __future__ import annotations

import ctypes
import itertools
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path

from veritune import orphan_watcher
from veritune.orphan_watcher import MARK, PR_SET_PDEATHSIG, is_tracker, kill, marked

# One alone may be killed together with us.
WATCHERS = 2
# How soon another is started in place of one that was killed.
RENEW_SECONDS = 0.5
NUMBERS = itertools.count(1)
# Kills its parent once the other process has ended, also where its parent is stopped. Where it is
# stopped itself, the kernel wakes it as its parent ends.
KILLER = f"""
import ctypes, os, select, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, signal.SIGCONT)
owner, parent = map(int, sys.argv[1:])
held = os.pidfd_open(parent)
if os.getppid() == parent:
    try:
        select.select([os.pidfd_open(owner), held], [], [])
    except ProcessLookupError:
        pass
    signal.pidfd_send_signal(held, signal.SIGKILL)
"""


@cache
def _own_mark(pid: int) -> str:
    return secrets.token_hex(16)


def own_mark() -> str:
    """How all marks of this process begin, and nobody else's."""
    return _own_mark(os.getpid())


def new_mark() -> str:
    """A value for `MARK` that nothing else's environment has."""
    return f"{own_mark()}-{next(NUMBERS)};"


def end_marked(mark: str) -> None:
    """Kill what has this very mark, now.

    What multiprocessing needs here stays: it ends with us, if it is not stopped.
    """
    for pid in marked(mark):
        kill(pid, signal.SIGCONT if is_tracker(pid) else signal.SIGKILL)


class OrphanWatchers:
    """Processes that, once we have ended, end what has one of our marks. Open until `close`.

    Where one of them is killed, another takes its place; one that is stopped is woken as we end.
    Then they run `after`, words for Python.
    """

    def __init__(self, after: Sequence[str] = ()) -> None:
        self._after, self._told = list(after), list[int]()
        self._lock, self._over = threading.Lock(), threading.Event()
        self.processes = [self._begun() for _ in range(WATCHERS)]
        threading.Thread(target=self._renew, daemon=True).start()

    def __enter__(self) -> OrphanWatchers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def tell(self, pid: int) -> None:
        """End this process, too, whatever its environment has become."""
        with self._lock:
            self._told.append(pid)
            for process in self.processes:
                _write(process, [pid])

    def close(self) -> None:
        """Watch no more; from any thread, and more than once."""
        self._over.set()
        with self._lock:
            for process in self.processes:
                _end(process)
            self.processes = []

    def _begun(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-I", "-S", orphan_watcher.__file__, str(os.getpid()), own_mark()]
        env = {name: value for name, value in os.environ.items() if name != MARK}
        begun = subprocess.Popen(
            [*words, *self._after],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            process_group=0,  # Ctrl-C is for us, and must not end it before us.
        )
        _write(begun, self._told)
        return begun

    def _renew(self) -> None:
        while not self._over.wait(RENEW_SECONDS):
            with self._lock, suppress(OSError):  # No room for a process now; later perhaps.
                for at, process in enumerate(self.processes):
                    if process.poll() is not None:
                        _end(process)
                        self.processes[at] = self._begun()


def _write(process: subprocess.Popen[bytes], pids: Sequence[int]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # It was killed, and its successor is told.
        process.stdin.write(b"".join(b"%d\n" % pid for pid in pids))
        process.stdin.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # It was killed before it had read all.
            process.stdin.close()


@contextmanager
def ended_with_us() -> Iterator[dict[str, str]]:
    """An environment: what is started with it ends where we are killed inside of this.

    bubblewrap's process in the new namespace waits until the one outside tells it to go on. That
    one the kernel ends with us; where this comes between two of its system calls, the other would
    wait for ever.
    """
    with OrphanWatchers():
        yield {**os.environ, MARK: new_mark()}


def identity(pid: int) -> str:
    """What tells a process from any other, also on another machine and at another time."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{os.readlink('/proc/self/ns/pid')}/{pid}/{_begin(pid)}"


def has_ended(other: str) -> bool:
    """Whether the process of this identity has; no where it is another machine's."""
    return _is_here(other) and identity(_pid(other)) != other


def end_with(owner: str) -> None:
    """Be killed once our parent has ended, or the process of this identity, if it is here.

    A thread waits for it: the kernel's own signal is for parents alone, and kept by thread. And a
    process beside us does, since we may be stopped.
    """
    threading.Thread(target=_end_with, args=(owner, os.getppid()), daemon=True).start()


def _end_with(owner: str, parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        kill(os.getpid())
    if _is_here(owner):
        with suppress(ProcessLookupError):
            ends = os.pidfd_open(_pid(owner))
            if not has_ended(owner):
                with _killer(_pid(owner)):
                    select.select([ends], [], [])
                    kill(os.getpid())
        kill(os.getpid())
    threading.Event().wait()  # Where this thread ended, the kernel would forget.


def _killer(owner: int) -> AbstractContextManager[object]:
    words = [sys.executable, "-I", "-S", "-c", KILLER, str(owner), str(os.getpid())]
    try:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL)
    except OSError:  # No room for a process: this thread is left.
        return nullcontext()


def _is_here(other: str) -> bool:
    return other.rsplit("/", 2)[0] == identity(os.getpid()).rsplit("/", 2)[0]


def _pid(other: str) -> int:
    return int(other.rsplit("/", 2)[1])


def _begin(pid: int) -> str:
    """When a process began, in the kernel's clock; nothing for one that has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if stat[0] in (b"Z", b"X") else stat[19].decode()
