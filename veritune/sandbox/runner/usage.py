"""What a process and its descendants use, read from /proc."""

from __future__ import annotations

import os
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
INHERITED_BYTES = 16 << 20
# Page tables, too: reading through a huge mapping of nothing fills a machine with them.
COUNTED = (b"RssAnon", b"RssShmem", b"VmSwap", b"VmPTE")


class Usage(NamedTuple):
    """CPU time, and memory that is not shared with a file, over a tree of processes."""

    cpu_seconds: float
    memory_bytes: int
    processes: int

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
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as stream:
                fields = stream.read().rpartition(b")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
        cpu[int(name)] = sum(map(int, fields[11:15])) / _TICKS
    members = [root]
    for pid in members:
        members += children.get(pid, [])
    return Usage(sum(cpu.get(p, 0.0) for p in members), sum(map(_memory, members)), len(members))


def _memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", "rb") as stream:
            lines = [line.split() for line in stream if line.startswith(COUNTED)]
    except OSError:
        return 0
    return sum(int(line[1]) for line in lines) << 10
