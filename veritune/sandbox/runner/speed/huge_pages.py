"""Puts the interpreter's code into huge pages, so that a forked child need not map it anew.

A child starts with none of its parent's pages of a mapped file: it takes a fault for every sixteen
of them that it runs, and gives each back as it ends. Huge pages of memory are inherited, one entry
for two megabytes. Where the kernel has none to give, or forbids it, all stays as it was.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import NamedTuple

# The size of a huge page on x86_64, and on aarch64 with small pages of 4 KB.
HUGE = 2 << 20
# From <sys/mman.h>, here and below; the module `mmap` cannot place a mapping.
READ, WRITE, EXECUTE = 1, 2, 4
PRIVATE_ANONYMOUS, TO_A_FIXED_PLACE, MADV_HUGEPAGE = 0x22, 3, 14

_libc = ctypes.CDLL(None)
_address, _size = ctypes.c_void_p, ctypes.c_size_t
_mmap, _mremap = _libc.mmap, _libc.mremap
_mmap.restype = _mremap.restype = _address
_mmap.argtypes = (_address, _size, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_mremap.argtypes = (_address, _size, _size, ctypes.c_int, _address)
_libc.munmap.argtypes = (_address, _size)
_libc.madvise.argtypes = _libc.mprotect.argtypes = (_address, _size, ctypes.c_int)


class Mapping(NamedTuple):
    """A stretch of this process's memory."""

    start: int
    end: int
    rights: str
    name: str


def enlarge() -> int:
    """Do it, in a process with one thread; how many huge pages there are."""
    return sum(_replace(place) for place in _places(list(mappings())))


def mappings() -> Iterator[Mapping]:
    """This process's memory, in order."""
    with open("/proc/self/maps") as stream:
        for line in stream:
            span, rights, _, _, _, *name = line.split(None, 5)
            start, end = (int(x, 16) for x in span.split("-"))
            yield Mapping(start, end, rights, name[0].rstrip("\n") if name else "")


def _places(found: list[Mapping]) -> Iterator[int]:
    """Where whole huge pages fit over code and constants of the file that holds the interpreter."""
    inside = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, _address).value or 0
    own = next((m for m in found if m.start <= inside < m.end), None)
    if own is None or not own.name:
        return
    start, end = own.start, own.end
    around = [m for m in found if m.name == own.name and m.rights in ("r--p", "r-xp")]
    for mapping in around:
        end = mapping.end if mapping.start == end else end
    for mapping in reversed(around):
        start = mapping.start if mapping.end == start else start
    for place in range(-(-start // HUGE) * HUGE, end - HUGE + 1, HUGE):
        if place < own.end and place + HUGE > own.start:
            yield place


def _replace(place: int) -> bool:
    """Put a huge page with the same content where `place` points; False where there is none."""
    room = _mmap(None, 2 * HUGE, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0)
    if room == _address(-1).value:
        return False
    copy = -(-room // HUGE) * HUGE
    _libc.madvise(copy, HUGE, MADV_HUGEPAGE)
    ctypes.memmove(copy, place, HUGE)
    done = (
        _is_huge(copy)
        and _libc.mprotect(copy, HUGE, READ | EXECUTE) == 0
        and _mremap(copy, HUGE, HUGE, TO_A_FIXED_PLACE, place) == place
    )
    _libc.munmap(room, copy - room)
    _libc.munmap(copy + HUGE * done, room + 2 * HUGE - copy - HUGE * done)
    return done


def _is_huge(place: int) -> bool:
    with open("/proc/self/smaps") as stream:
        found = False
        for line in stream:
            word, *rest = line.split()
            if not word.endswith(":"):
                start, end = (int(x, 16) for x in word.split("-"))
                found = start <= place < end
            elif found and word == "AnonHugePages:":
                return int(rest[0]) >= HUGE >> 10
    return False
