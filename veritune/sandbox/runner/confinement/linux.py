"""The system calls that Python 3.11 does not offer."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

# From <linux/sched.h>; `os` has names for them from Python 3.12 on.
NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
# From <sys/mount.h>, <sys/resource.h> and <sys/prctl.h>. The module `resource` would be five more
# mappings for every fork to copy; so would others that are done without here.
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE = 0, 1, 2, 3, 4
RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_MSGQUEUE = 6, 7, 8, 9, 12
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38

# With the interpreter's lock held over each call: there is no other thread to give it to.
_libc = ctypes.PyDLL(None, use_errno=True)
# Looked up once: a forked child that did it would look it up anew.
_close_range = getattr(_libc, "close_range", lambda first, last, flags: -1)
# A call made ready in a parent, for a child that is to touch little: its name, and its words.
Step = tuple[str, Callable[..., object], tuple[object, ...]]


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def perform(steps: list[Step]) -> None:
    """Take the steps; all of them return nothing, or zero where they succeed."""
    for step in steps:  # not taken apart: even to look at the name is to write to it
        if step[1](*step[2]):
            _checked(-1, step[0])


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags`."""
    perform([unsharing(flags)])


def unsharing(flags: int) -> Step:
    """`unshare`, made ready."""
    return f"unshare({flags:#x})", _libc.unshare, (ctypes.c_int(flags),)


def entering(fd: int, kind: int) -> Step:
    """To enter the namespace behind `fd`, made ready."""
    return "setns", _libc.setns, (ctypes.c_int(fd), ctypes.c_int(kind))


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    """Mount a file system, or change how one is mounted."""
    perform([mounting(source, target, kind, flags, options)])


def mounting(source: str, target: str, kind: str | None, flags: int, options: str | None) -> Step:
    """`mount`, made ready."""
    words = (
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    )
    return f"mount {target}", _libc.mount, words


def unmount(target: str) -> None:
    """Take a mount away at once."""
    _checked(_libc.umount2(target.encode(), 2), f"umount {target}")


def prctl(option: int, value: int) -> None:
    """One process control without further arguments."""
    perform([controlling(option, value)])


def controlling(option: int, value: int) -> Step:
    """`prctl`, made ready."""
    return f"prctl({option})", _libc.prctl, (option, ctypes.c_ulong(value), 0, 0, 0)


def filtering(program: bytes) -> Step:
    """To put a seccomp filter (an array of `struct sock_filter`) on the process for good."""
    filter_ = _Filter(len(program) // 8, program)
    return "seccomp", _libc.prctl, (PR_SET_SECCOMP, 2, ctypes.byref(filter_), 0, 0)


def dropping_capabilities() -> Step:
    """To give up every capability in every set that a process can clear by itself."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    return "capset", _libc.capset, (header, (ctypes.c_uint32 * 6)())


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    if _close_range(first, 0xFFFFFFFF, 0):
        os.closerange(first, 65536)


def duplicate(fd: int, least: int) -> int:
    """The descriptor once more, at the first free place from `least` on."""
    copy: int = _libc.fcntl(fd, 0, least)  # F_DUPFD
    _checked(min(copy, 0), "fcntl")
    return copy


def limiting(what: int, least: int, most: int) -> Step:
    """`setrlimit`, made ready."""
    return "setrlimit", _libc.setrlimit, (what, ctypes.byref((ctypes.c_ulong * 2)(least, most)))


def loopback_up() -> None:
    """Bring up this network namespace's own interface, which leads nowhere else."""
    import struct
    from _socket import AF_INET, SOCK_DGRAM, socket

    request = struct.pack("16sh22x", b"lo", 1)
    probe = socket(AF_INET, SOCK_DGRAM)
    try:
        _checked(_libc.ioctl(probe.fileno(), 0x8914, request), "ioctl")  # SIOCSIFFLAGS: up
    finally:
        probe.close()


def trim() -> None:
    """Give free memory back to the kernel, where the C library can."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
