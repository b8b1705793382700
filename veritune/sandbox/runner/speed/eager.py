"""Has `fork` copy at once what every child writes to.

A child shares its parent's pages until either of them writes: that takes a fault in each, which
costs more than the copy. Pages that are pinned, as for a device, are not shared: `fork` copies
them. A ring of io_uring pins what it is told of. Where the kernel forbids it, all stays as it was.
"""

from __future__ import annotations

import ctypes
import os
import signal
from _socket import SCM_RIGHTS, SOL_SOCKET, socketpair
from collections.abc import Callable
from struct import Struct, iter_unpack
from typing import TYPE_CHECKING

from ..wire import frames
from .huge_pages import Mapping, mappings
from .rehearse import CALL

if TYPE_CHECKING:
    from ..wire.messages import Payload

# From <linux/io_uring.h>; the calls have the same numbers on all machines.
SETUP, REGISTER, BUFFERS, PARAMETERS_BYTES = 425, 427, 0, 120
MOST_BUFFERS = 1 << 14
PAGE = os.sysconf("SC_PAGESIZE")
# Of eight bytes for each page in /proc/self/pagemap: it is in memory, and in nobody else's.
ENTRY, OWN = 8, 1 << 63 | 1 << 56
# Of a mapping that is looked at: a library may reserve any amount that it never uses.
LARGEST = 1 << 30

# What nearly every candidate does: one that does more writes to more, as it comes to it.
PAYLOAD: Payload = {
    "sources": [("solution.py", "def f(x, y):\n    return x + y\n")],
    "numpy": False,
}
# The first answer says that the candidate is loaded.
QUESTIONS = (
    b"",
    frames.dumps({"id": 1, "op": "name", "name": "f", "args": [], "kwargs": {}}),
    frames.dumps({"id": 2, "op": "operator", **CALL, "args": [1, 2]}),
)

_libc = ctypes.PyDLL(None)


class _PinnedRun(ctypes.Structure):
    _fields_ = (("start", ctypes.c_size_t), ("size", ctypes.c_size_t))


def pin(begin: Callable[[int], int], end: Callable[[int], object], job: Struct, mode: bytes) -> int:
    """Pin what nearly every candidate writes to; how many pages.

    `begin` forks a process that gets its job over a descriptor, as `mode` and what `job` packs;
    `end` takes its end. What it has written to is not shared any more.
    """
    places = [m for m in mappings() if m.rights == "rw-p" and m.end - m.start <= LARGEST]
    own, its = socketpair()
    near, far = socketpair()
    null, payload = os.open("/dev/null", os.O_RDWR), os.memfd_create("payload")
    frames.write(payload, frames.dumps(PAYLOAD))
    os.lseek(payload, 0, os.SEEK_SET)
    given = job.pack(payload, far.fileno(), null, null)
    pid = begin(its.detach())
    try:
        own.sendmsg([mode], [(SOL_SOCKET, SCM_RIGHTS, given)])
        far.close()
        answered = all(_answered(near.fileno(), question) for question in QUESTIONS)
        found = _unshared(places) if answered else []
    except OSError:  # it has ended
        found = []
    finally:
        os.kill(pid, signal.SIGKILL)
        end(pid)
        for fd in (null, payload):
            os.close(fd)
        for each in (own, near, far):
            each.close()
    return _pin(found)


def _answered(channel: int, question: bytes) -> bool:
    if question:
        frames.write(channel, question)
    return frames.read(channel, frames.MAX_FRAME) is not None


def _unshared(places: list[Mapping]) -> list[int]:
    """Addresses of the pages here that no other process shares."""
    with open("/proc/self/pagemap", "rb", buffering=0) as stream:
        looks = [
            os.pread(stream.fileno(), (end - start) // PAGE * ENTRY, start // PAGE * ENTRY)
            for start, end, *_ in places
        ]
    return [
        place.start + number * PAGE
        for place, entries in zip(places, looks, strict=True)
        for number, (entry,) in enumerate(iter_unpack("=Q", entries))
        if entry & OWN == OWN
    ]


def _pin(pages: list[int]) -> int:
    """Pin these for as long as this process lives; how many were."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and sum(runs[-1]) == page:
            runs[-1][1] += PAGE
        else:
            runs.append([page, PAGE])
    if not runs or len(runs) > MOST_BUFFERS:
        return 0
    ring = _libc.syscall(SETUP, 1, ctypes.create_string_buffer(PARAMETERS_BYTES))
    if ring < 0:
        return 0
    buffers = (_PinnedRun * len(runs))(*(_PinnedRun(*run) for run in runs))
    if _libc.syscall(REGISTER, ring, BUFFERS, ctypes.byref(buffers), len(runs)):
        os.close(ring)
        return 0
    return len(pages)
