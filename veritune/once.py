"""What is made of an object once, and found again by which object it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def once_each(most: int) -> Callable[[Callable[[K], V]], Callable[[K], V]]:
    """For a function of one object: calls it once for each of the last `most` objects.

    By identity and not by value: objects that hold dicts and long texts are compared in no time,
    and each is kept alive as long as what was made of it, so that no other takes its address.
    """

    def decorate(make: Callable[[K], V]) -> Callable[[K], V]:
        made: dict[int, tuple[K, V]] = {}
        adding = Lock()

        @wraps(make)
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

    return decorate
