"""What is made of an object once, and found again by which object it is."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def once_each(make: Callable[[K], V], most: int) -> Callable[[K], V]:
    """`make`, called once for each of the last `most` objects.

    By identity and not by value: objects that hold dicts and long texts are compared in no time,
    and each is kept alive as long as what was made of it, so that no other takes its address.
    """
    made: dict[int, tuple[K, V]] = {}
    adding = Lock()

    def of(key: K) -> V:
        found = made.get(id(key))
        if found is None:
            found = (key, make(key))
            with adding:
                if len(made) >= most:
                    del made[next(iter(made))]  # the oldest
                made[id(key)] = found
        return found[1]

    return of
