"""What a sandbox could leave behind on a machine, read from outside it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FIRST_UID = 1 << 20  # candidates and graders run under uids from here on

# Of each slot: what forks graders, a grader, and the process that waits for the next job.
STANDING = 3
# Processes of sandboxes that were open before a test began: reward functions keep theirs.
OTHERS: set[int] = set()


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def descendants(root: int | None = None) -> list[int]:
    """Processes started, directly or not, by this one (or by `root`)."""
    parents = dict(_parents())
    found = [root or os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def confined() -> list[int]:
    """Processes of our sandboxes that run under a candidate's or a grader's uid.

    Those of a container are no descendants of ours, but its control group names the container:
    one of this process's own, for others may run tests beside it.
    """
    ours, own = set(descendants()), containers(os.getpid())
    found = [pid for pid, _ in _parents() if _uid(pid) >= FIRST_UID]
    groups = {pid: _read(f"/proc/{pid}/cgroup") for pid in found if own and pid not in ours}
    mine = [pid for pid in found if pid in ours or any(id in groups[pid] for id in own)]
    return [pid for pid in mine if pid not in OTHERS]


def commands(pids: list[int]) -> list[str]:
    """Their command lines, for a message."""
    return [_read(f"/proc/{pid}/cmdline").replace("\0", " ")[:80] for pid in pids]


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    state = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1]
    return bool(state) and state[0] not in "ZX"


def containers(client: int) -> list[str]:
    """Containers that a client's sandboxes hold; none where no engine answers."""
    from veritune.sandbox import SandboxUnavailableError, removal
    from veritune.sandbox import engine as engines

    try:
        engine = engines.connect()
    except SandboxUnavailableError:
        return []
    try:
        label = f"{removal.LABEL}={client}"
        return [c["Id"] for c in engine.containers(all=True, filters={"label": label})]
    finally:
        engine.close()


PLACES = {"/", "/tmp", "/proc", "/sys", "/dev", "/dev/shm", "/newroot", "/oldroot"}
"""Where the sandbox mounts in namespaces of its own, and bubblewrap on its way there."""


def mounts() -> int:
    """Mounts at `PLACES` that this process sees: what came out of a sandbox.

    What else the machine mounts meanwhile, containers of others for example, does not count.
    """
    lines = _read("/proc/self/mounts").splitlines()
    return sum(line.split()[1] in PLACES for line in lines)


def descriptors(pid: int | str = "self") -> int:
    """Open descriptors of a process; of this one, without those that only garbage holds."""
    gc.collect()
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kb(pid: int | str = "self") -> int:
    """Resident memory of a process."""
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def _parents() -> Iterator[tuple[int, int]]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _read(f"/proc/{name}/stat").rpartition(")")[2].split()
            if fields:
                yield int(name), int(fields[1])


def _uid(pid: int) -> int:
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("Uid"):
            return int(line.split()[1])
    return 0


def _read(name: str) -> str:
    try:
        return Path(name).read_text(errors="replace")
    except OSError:
        return ""
