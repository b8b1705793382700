"""What only makes a slot faster; a slot gives the same verdicts without it.

All of it is reached through this door, which `VERITUNE_SPEED=off` in the client's environment
shuts. The door is opened in the slot's own processes, before any job arrives.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

# Set to "off", nothing of this folder is used: to tell whether a fault is one of speed's.
SWITCH = "VERITUNE_SPEED"


def is_open() -> bool:
    """Whether the tricks behind this door may be used."""
    return os.environ.get(SWITCH, "on") != "off"


def ready_host(number: int, seats: int) -> None:
    """In a slot's first process, before it starts any other."""
    if is_open():
        from . import cores

        cores.take(number, seats)


def ready_graders() -> None:
    """In the process that graders are forked from."""
    if is_open():
        from . import rehearse

        rehearse.grades()


class Forking(NamedTuple):
    """How the process that candidates are forked from is to fork.

    `copy_at_once`, before the first, is as `eager.pin`.
    """

    fork: Callable[[], int]
    copy_at_once: Callable[[Callable[[int], int], Callable[[int], object], Struct, bytes], int]


def ready_candidates() -> Forking:
    """In the process that candidates are forked from."""
    if not is_open():
        return Forking(os.fork, lambda begin, end, job, mode: 0)
    from . import eager, forking, huge_pages, rehearse

    rehearse.answers()
    huge_pages.enlarge()
    return Forking(forking.choose(), eager.pin)
