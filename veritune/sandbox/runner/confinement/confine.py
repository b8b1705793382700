"""How one forked child is shut in before it touches anything of a candidate's or a test's.

The steps are made ready in its parent: whatever a child does in Python beyond taking them dirties
pages that it shares with its parent, one copy each.
"""

from __future__ import annotations

import os
from _socket import sethostname
from typing import NamedTuple

from . import linux, seccomp
from .linux import Step

# Made once, ahead of all forks; a grader alone may set its own limit of CPU time.
FILTER, JUDGES_FILTER = seccomp.program(), seccomp.program(sets_cpu_time=True)
# For deep recursion, which Linux's usual 8 MB do not hold.
STACK_BYTES = 64 << 20

_inherited = 0


def settle() -> None:
    """In a parent, before its first fork: what holds for every child of its.

    Its address space is noted: what children inherit is not theirs to pay for.
    """
    global _inherited
    with open("/proc/self/statm") as stream:
        _inherited = int(stream.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    amounts = (
        (linux.RLIMIT_CORE, 0),
        (linux.RLIMIT_MSGQUEUE, 0),
        (linux.RLIMIT_STACK, STACK_BYTES),
    )
    linux.perform([linux.limiting(what, amount, amount) for what, amount in amounts])
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)


def lock_no_memory() -> None:
    """In a parent, likewise, once it has pinned what it wants to."""
    linux.perform([linux.limiting(linux.RLIMIT_MEMLOCK, 0, 0)])


class Confinement(NamedTuple):
    """Limits of one child.

    Without `address_space`, memory is counted where it can be written only, for runtimes that
    reserve far more than they use. `descriptors` also bounds those in flight between sockets, over
    all processes of a plain user: who sends some to others of the slot needs more than a candidate
    has.
    """

    cpu_seconds: int | None
    memory_bytes: int
    processes: int
    file_bytes: int
    files: int
    own_name: bool = True
    address_space: bool = True
    descriptors: int = 128


class ConfinementSteps(NamedTuple):
    """What a child takes before and after it gives up being root."""

    before: list[Step]
    after: list[Step]

    def around(self, leaving: list[Step]) -> list[Step]:
        """All of them; between them those that `leaving_root` made ready."""
        return [*self.before, *leaving, *self.after]


def steps(rules: Confinement) -> ConfinementSteps:
    """Own mount, IPC and UTS namespace, a sized tmpfs, a fresh /proc, no privilege.

    For the first process of a new pid namespace, in a network namespace without an interface that
    is up, whose parent has settled.
    """
    namespaces = linux.NEWNS | linux.NEWIPC
    secure = linux.MS_NOSUID | linux.MS_NODEV
    size = f"size={rules.file_bytes},nr_inodes={rules.files + 1},mode=777"
    before: list[Step] = [
        ("setsid", os.setsid, ()),  # a process group may reach out of a pid namespace
        linux.unsharing(namespaces | linux.NEWUTS if rules.own_name else namespaces),
        linux.mounting("tmpfs", "/tmp", "tmpfs", secure, size),
        linux.mounting("proc", "/proc", "proc", secure | linux.MS_NOEXEC, None),
    ]
    if rules.own_name:
        before.append(("sethostname", sethostname, (b"sandbox",)))
    after = [linux.dropping_capabilities(), linux.controlling(linux.PR_SET_DUMPABLE, 0)]
    filter_ = FILTER if rules.cpu_seconds is not None else JUDGES_FILTER
    if filter_ is not None:
        after.append(linux.filtering(filter_))
    after.append(("chdir", os.chdir, (b"/tmp",)))
    return ConfinementSteps([*before, *_limits(rules)], after)


class OomPreference:
    """Which process the kernel should end first where memory runs out, as children inherit it."""

    def __init__(self) -> None:
        self._fd = os.open("/proc/self/oom_score_adj", os.O_RDWR)
        self._usual = os.read(self._fd, 16)

    def end_first(self) -> None:
        """This process, and those forked from now on."""
        os.pwrite(self._fd, b"1000", 0)

    def end_as_usual(self) -> None:
        """This process is as it was."""
        os.pwrite(self._fd, self._usual, 0)


def _limits(rules: Confinement) -> list[Step]:
    memory = linux.RLIMIT_AS if rules.address_space else linux.RLIMIT_DATA
    amounts = [
        (linux.RLIMIT_NOFILE, rules.descriptors),
        (memory, _inherited + rules.memory_bytes),
        (linux.RLIMIT_NPROC, rules.processes),
        (linux.RLIMIT_FSIZE, rules.file_bytes),
    ]
    limits = [linux.limiting(what, amount, amount) for what, amount in amounts]
    if rules.cpu_seconds is not None:
        limits.append(linux.limiting(linux.RLIMIT_CPU, rules.cpu_seconds, rules.cpu_seconds + 1))
    return limits


def leaving_root(uid: int | None) -> list[Step]:
    """To give up being root; without a uid, in a plain user's sandbox, which has only one."""
    if uid is None:
        # A user namespace of its own: processes are counted, and reach others, inside it only.
        return [linux.unsharing(linux.NEWUSER)]
    return [
        ("setgroups", os.setgroups, ([],)),
        ("setresgid", os.setresgid, (uid, uid, uid)),
        ("setresuid", os.setresuid, (uid, uid, uid)),
    ]
