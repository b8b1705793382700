"""What a process and its descendants use, read from /proc."""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
# What every fork shares with its parent counts for none of them.
INHERITED_BYTES = 16 << 20
# What a Unix socket may keep queued in the kernel, where no process shows it; a few are free.
SOCKET_BYTES, FREE_SOCKETS = 4 << 20, 64
# Page tables, too: reading through a huge mapping of nothing fills a machine with them.
COUNTED = (b"RssAnon", b"RssShmem", b"VmSwap", b"VmPTE")
READ = (*COUNTED, b"SigIgn")
EXITING = 0x4  # the kernel's PF_EXITING


class Usage(NamedTuple):
    """CPU time, and memory that is not shared with a file, over a tree of processes.

    `unwaited`: some process ignores its children's ends, so that what these used is never told.
    `stopped`: the stopped processes of the whole slot, but for those below the tree's root.
    """

    cpu_seconds: float
    memory_bytes: int
    processes: int
    unwaited: bool
    stopped: frozenset[int]

    def over(self, cpu_seconds: float, memory_bytes: int) -> str:
        """The limit that is passed, in the words of a test's outcome, or nothing."""
        if self.cpu_seconds > cpu_seconds:
            return "cpu time"
        # Each process shares what it inherited by fork, which the kernel counts for each anew.
        if self.memory_bytes > memory_bytes + self.processes * INHERITED_BYTES:
            return "memory"
        return ""


def of_tree(root: int) -> Usage:
    """Sum over `root` and its descendants."""
    children: dict[int, list[int]] = {}
    cpu: dict[int, float] = {}
    stopped: set[int] = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as stream:
                fields = stream.read().rpartition(b")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
        if fields[0] == b"T":
            stopped.add(int(name))
        cpu[int(name)] = sum(map(int, fields[11:15])) / _TICKS
    members = [root]
    for pid in members:
        members += children.get(pid, [])
    seen = [_status(pid) for pid in members]
    return Usage(
        sum(cpu.get(pid, 0.0) for pid in members),
        sum(memory for memory, _ in seen) + max(0, _sockets(root) - FREE_SOCKETS) * SOCKET_BYTES,
        len(members),
        any(ignored >> (signal.SIGCHLD - 1) & 1 for _, ignored in seen),
        frozenset(stopped.difference(members[1:])),
    )


def is_ending(pid: int) -> bool:
    """Whether a process is on its way out, or gone: it closes what it holds before that shows."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return bool(int(stream.read().rpartition(b")")[2].split()[6]) & EXITING)
    except OSError:
        return True


def scheduled(root: int) -> tuple[float, float]:
    """Seconds that `root` and its living descendants ran, and that they waited for a core."""
    run = waited = 0.0
    members = [root]
    for pid in members:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as stream:
                    ran, queued, _ = stream.read().split()
                run += int(ran) / 1e9
                waited += int(queued) / 1e9
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as stream:
                    members += [int(child) for child in stream.read().split()]
        except (OSError, ValueError):
            continue
    return run, waited


def _status(pid: int) -> tuple[int, int]:
    """Bytes of memory, and the mask of ignored signals."""
    try:
        fields = _fields(f"{pid}/status")
        if b"RssAnon" not in fields:
            # Its first thread has ended; any other still tells of the memory that they share.
            for thread in os.listdir(f"/proc/{pid}/task"):
                fields |= _fields(f"{pid}/task/{thread}/status")
    except OSError:
        return 0, 0
    memory = sum(int(fields.get(name, b"0")) for name in COUNTED)
    return memory << 10, int(fields.get(b"SigIgn", b"0"), 16)


def _fields(name: str) -> dict[bytes, bytes]:
    """The fields that are read, of one status file."""
    with open(f"/proc/{name}", "rb") as stream:
        parts = (line.partition(b":") for line in stream)
        return {name: rest.split()[0] for name, _, rest in parts if name in READ}


def _sockets(pid: int) -> int:
    """How many Unix sockets the network namespace of a process holds."""
    try:
        with open(f"/proc/{pid}/net/unix", "rb") as stream:
            return sum(1 for _ in stream) - 1
    except OSError:
        return 0
