"""How one forked child is shut in before it touches anything of a candidate's or a test's."""

from __future__ import annotations

import os
import resource
import socket
from typing import NamedTuple

from . import linux, seccomp

FILTER = seccomp.program()
STACK_BYTES = 64 << 20


_inherited = 0


def measure() -> None:
    """Note this process's address space: what its children inherit is not theirs to pay for."""
    global _inherited
    with open("/proc/self/statm") as stream:
        _inherited = int(stream.read().split()[0]) * resource.getpagesize()


class Confinement(NamedTuple):
    """Limits and identity of one child.

    `uid` None: a plain user's sandbox has only one. Without `address_space`, memory is counted
    where it can be written only, for runtimes that reserve far more than they use.
    """

    uid: int | None
    cpu_seconds: int | None
    memory_bytes: int
    processes: int
    file_bytes: int
    files: int
    own_name: bool = True
    address_space: bool = True


def enter(rules: Confinement) -> None:
    """Own mount, IPC and UTS namespace, a sized tmpfs, a fresh /proc, no privilege.

    The caller has forked this process as the first one of a new pid namespace, in a network
    namespace without an interface that is up.
    """
    os.setsid()  # a process group may reach out of a pid namespace
    flags = linux.NEWNS | linux.NEWIPC
    linux.unshare(flags | linux.NEWUTS if rules.own_name else flags)
    owner = "" if rules.uid is None else f",uid={rules.uid},gid={rules.uid}"
    size = f"size={rules.file_bytes},nr_inodes={rules.files + 1},mode=700{owner}"
    linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, size)
    secure = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("proc", "/proc", "proc", secure, None)
    if rules.own_name:
        socket.sethostname("sandbox")
    _prefer_for_oom()
    _limit(rules)
    _drop(rules.uid)
    os.chdir("/tmp")


def _prefer_for_oom() -> None:
    fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(fd, b"1000")
    os.close(fd)


def _limit(rules: Confinement) -> None:
    memory = resource.RLIMIT_AS if rules.address_space else resource.RLIMIT_DATA
    for what, amount in (
        (memory, _inherited + rules.memory_bytes),
        (resource.RLIMIT_NPROC, rules.processes),
        (resource.RLIMIT_FSIZE, rules.file_bytes),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_STACK, STACK_BYTES),
    ):
        resource.setrlimit(what, (amount, amount))
    if rules.cpu_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (rules.cpu_seconds, rules.cpu_seconds + 1))


def _drop(uid: int | None) -> None:
    if uid is None:
        # A user namespace of its own: processes are counted, and reach others, inside it only.
        linux.unshare(linux.NEWUSER)
    else:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if FILTER is not None:
        linux.install_filter(FILTER)
