"""What a process is and where it came from, so that the cause can be read where it is left."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

# Clock ticks of the kernel in a second, as /proc counts them on every Linux.
TICKS = 100
# Of a command line, what is printed.
LONGEST = 160


def fields(pid: int) -> list[str]:
    """What /proc/PID/stat says behind the name: state, parent, group, session, and so on."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
    return []


def command(pid: int) -> str:
    """A process's command line, its program's text left out."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        short = [word if "\n" not in word else word.strip().splitlines()[0] for word in words]
        return " ".join(short).strip()[:LONGEST] or Path(f"/proc/{pid}/comm").read_text().strip()
    return "gone"


def lineage(pid: int, root: int) -> str:
    """The short names of a process's ancestors, from below `root` down to itself."""
    names: list[str] = []
    while pid > 1 and pid != root and (stat := fields(pid)):
        with suppress(OSError):
            names.append(f"{Path(f'/proc/{pid}/comm').read_text().strip()} {pid}")
        pid = int(stat[1])
    return " > ".join(reversed(names))


def description(pid: int, was_below: str) -> str:
    """State, age, parent, command line, and the ancestors that it had when it was first seen."""
    stat = fields(pid)
    if not stat:
        return f"{pid}: gone ({was_below})"
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(stat[19]) / TICKS
    return (
        f"{pid}: state {stat[0]}, {age:.1f} s old, group {stat[2]}, session {stat[3]}, parent"
        f" {stat[1]} ({command(int(stat[1]))[:40]}): {command(pid)}"
        f" [first seen as: {was_below or 'not seen before the end'}]"
    )
