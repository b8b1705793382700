"""Plain data between the candidate's process and the grader's: tagged JSON, never pickle.

A scalar stands as itself; a list is a JSON array; everything else is an object with one key, its
tag. Decoding builds exact builtin types and nothing else, so nothing the candidate defines (an
`__eq__`, a subclass, a property) arrives with a value. Containers that can change keep their
identity within a message ("r"), and between a call's arguments and its answer ("a").
"""

from __future__ import annotations

import builtins
import operator
from collections import deque
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from .messages import Container

# As deep as Python's own recursion allows an honest program to go without help.
MAX_DEPTH = 1000
# Frames that it takes to encode or decode what is nested as deep as that.
DEEP = 30_000
# JSON has these four itself; a whole number crosses as text where it is large.
SCALARS = frozenset({bool, float, str, type(None)})
# Not those that give more than their own plain value when they are called.
HANDLING = {"type", "super", "property", "classmethod", "staticmethod", "memoryview"}
# Classes that are the same on both sides, and cross by their name.
PLAIN_TYPES = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and not name.startswith("_") and name not in HANDLING
}
PLAIN_TYPES |= {"NoneType": type(None), "ellipsis": type(...)}
# Functions that do nothing but compute. All others are handles of the side that they come from:
# called here, `eval` would run what the other side chose as its argument.
PURE = """
abs all any ascii bin callable chr divmod hash hex isinstance issubclass len max min oct ord pow
repr round sorted sum
"""
BUILTIN_FUNCTIONS: dict[str, object] = {name: getattr(builtins, name) for name in PURE.split()}
# The kinds of numpy's arrays and numbers that cross: no objects.
ARRAY_KINDS = "biufcSUmM"


class MalformedError(Exception):
    """Text that no honest encoder writes."""


def replace_contents(target: object, source: object) -> None:
    """Make the container `target` hold what `source`, of the same type, holds."""
    if type(target) is not type(source):
        raise MalformedError("a container that changed its type")
    if isinstance(target, list):
        target[:] = cast("list[object]", source)
    elif isinstance(target, bytearray):
        target[:] = cast("bytearray", source)
    elif isinstance(target, deque):
        target.clear()
        target.extend(cast("deque[object]", source))
    elif isinstance(target, set | dict):
        target.clear()
        target.update(cast("dict[object, object]", source))


def snapshot(container: Container) -> list[object] | bytes:
    """A shallow copy to compare with later, by identity of the items."""
    if isinstance(container, dict):
        return list(container.items())
    return bytes(container) if isinstance(container, bytearray) else list(container)


def unchanged(container: Container, before: list[object] | bytes) -> bool:
    """Whether a container still holds the very items of its `snapshot`."""
    now = snapshot(container)
    if isinstance(before, bytes) or isinstance(now, bytes):
        return now == before
    if len(now) != len(before):
        return False
    if isinstance(container, dict):
        held = cast("list[tuple[object, object]]", before)
        pairs = zip(container.items(), held, strict=True)
        return all(k is i and v is j for (k, v), (i, j) in pairs)
    return all(map(operator.is_, now, before))
