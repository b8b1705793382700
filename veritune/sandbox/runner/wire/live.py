"""Containers of the candidate's own that the tests have read and still hold.

A list, dict or set that an attribute, a global or a method gives is the very object over there, so
what either side does to it must be seen on the other. Each side keeps a twin under one number, and
tells with every message which of its twins have changed.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from . import codec
from .encoder import MUTABLE
from .simple import count, parts

if TYPE_CHECKING:
    from .decoder import ValueDecoder
    from .encoder import Encoder
    from .messages import Container, Encoded, GraderRequest

    Held = dict[int, tuple[Container, list[object] | bytes]]

# At once: each is looked at with every message.
MOST = 4_000
# Of one value; a larger one is a copy, as what a function returns is.
MOST_OF_ONE = 1_000
# Requests that read what an object or a module holds; what a plain function returns is a copy.
READS = frozenset({"name", "attribute", "member", "method"})
# Requests that give an object something to keep.
TAKES = frozenset({"set", "method"})


class Live:
    """One side's twins, by number, in `held`."""

    def __init__(self) -> None:
        self.held: Held = {}
        self._next = 0

    def get(self, number: Encoded) -> Container:
        """The twin of a number."""
        return self.held[count(number)][0]

    def tags(self) -> dict[int, Encoded]:
        """By id(): what an encoder writes for each twin."""
        return {id(each): {"l": number} for number, (each, _) in self.held.items()}

    def number(self, containers: Sequence[Container]) -> list[int]:
        """New numbers for these, or none where they are too many."""
        if len(containers) > MOST_OF_ONE or len(self.held) + len(containers) > MOST:
            return []
        numbers = list(range(self._next, self._next + len(containers)))
        self._next += len(containers)
        self.add(numbers, containers)
        return numbers

    def add(self, numbers: Sequence[int], containers: Sequence[Container]) -> None:
        """Hold these under the other side's numbers."""
        if len(numbers) != len(containers) or len(self.held) + len(numbers) > MOST:
            raise codec.MalformedError("containers without their numbers")
        for number, container in zip(numbers, containers, strict=True):
            self.held[count(number)] = container, codec.snapshot(container)

    def changes(self, encoder: Encoder) -> list[list[Encoded]]:
        """[number, new contents] of those that have changed since they were last told."""
        found: list[list[Encoded]] = []
        for number, (container, before) in self.held.items():
            if not codec.unchanged(container, before):
                found.append([number, encoder.contents(container)])
                self.held[number] = container, codec.snapshot(container)
        return found

    def apply(self, changes: Iterable[Encoded], decoder: ValueDecoder) -> None:
        """Take over what the other side has changed."""
        for number, content in map(parts, changes):
            container = self.get(number)
            codec.replace_contents(container, decoder.decode(content))
            self.held[count(number)] = container, codec.snapshot(container)

    def unheld(self) -> list[int]:
        """Forget those that nobody else holds here; their numbers."""
        found = _only_here(self.held)
        self.forget(found)
        return found

    def forget(self, numbers: Iterable[int]) -> None:
        """Forget these."""
        for number in numbers:
            self.held.pop(number, None)


def reads(request: GraderRequest, objects: Sequence[object]) -> bool:
    """Whether a request reads what one of these objects holds."""
    if request["op"] != "operator":
        return request["op"] in READS
    is_function = type(objects[request["on"]]) is types.FunctionType
    return request["name"] in ("__getitem__", "__call__") and not is_function


def takes(request: GraderRequest, objects: Sequence[object]) -> bool:
    """Whether a request gives one of these objects something to keep."""
    if request["op"] != "operator":
        return request["op"] in TAKES
    is_function = type(objects[request["on"]]) is types.FunctionType
    return request["name"] in ("__setitem__", "__call__") and not is_function


def any_kept(values: Iterable[object]) -> bool:
    """Whether something holds one of these containers beside a request and its decoder."""
    return any(type(v) in MUTABLE and sys.getrefcount(v) > IN_REQUEST for v in values)


def _only_here(held: Held) -> list[int]:
    return [n for n, (each, _) in held.items() if sys.getrefcount(each) <= ALONE]


def _counted(held: Held) -> int:
    return max([sys.getrefcount(each) for _, (each, _) in held.items()])


def _in_request(made: Sequence[object]) -> int:
    return max([sys.getrefcount(v) for v in list(made)])


# References to what nothing but a table of twins holds, counted as above.
ALONE = _counted({0: ([], [])})
# The same, of an argument that was decoded and that nobody kept.
IN_REQUEST = _in_request([[]])
