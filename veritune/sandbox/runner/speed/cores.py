"""A core for each slot: the processes of a job wake each other many times, and need not wake it."""

from __future__ import annotations

import os


def take(number: int, seats: int) -> None:
    """Keep to one core, with all that is started here, where the pool has a slot for each."""
    cores = sorted(os.sched_getaffinity(0))
    if seats >= len(cores):
        os.sched_setaffinity(0, {cores[number % len(cores)]})
