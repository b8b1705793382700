"""Whether an object of the candidate's equals another, or plain data: decided on this side."""

from __future__ import annotations

import random
import types
from collections.abc import Callable
from typing import cast

from . import proxies
from .asking import class_where, where

# Other values that an object is compared with, for whoever calls everything equal.
DECOYS = 3


def equal(left: object, right: object) -> bool:
    """Equality of `left`, an object of the candidate's, with anything."""
    if left is right:
        return True
    if isinstance(right, proxies.RemoteObject):
        return _between(left, right)
    return _with_plain(left, right)


def _between(left: object, right: object) -> bool:
    """Equality of two objects of the candidate's.

    The class of the reference solution decides, on their attributes. Without one the candidate is
    asked, at lower trust; whoever calls an object equal to a thing it has never seen is believed
    no further.
    """
    channel, number = where(left)
    own = channel.reference_class(type(left).__name__)
    if own is not None:
        found = _by_reference(own, left, right)
        if found is not None:
            return found
    if not channel.ask("operator", (right,), on=number, name="__eq__"):
        return False
    if channel.ask("equals_anything", on=number):
        return False
    if channel.ask("equals_anything", on=where(right)[1]):
        return False
    if "__eq__" in _operators(left):
        channel.doubt(f"the candidate's {type(left).__name__} decides what it equals")
    return True


def _by_reference(own: type, left: object, right: object) -> bool | None:
    """What the reference's `__eq__` says of these two; None where it needs what is not there."""
    if not _has_own(own):
        return None if _operators(left) & {"__eq__"} else False
    try:
        found = _renamed(own, left, right)(left, right)
    except (AttributeError, TypeError, NotImplementedError):
        return None
    if found is NotImplemented:
        return None
    return bool(found)


def _renamed(own: type, left: object, right: object) -> Callable[[object, object], object]:
    """The reference's `__eq__`, to which the names of its classes are the candidate's."""
    decide = cast("Callable[[object, object], object]", own.__eq__)
    if not isinstance(decide, types.FunctionType):
        return decide
    kinds = (*type(right).__mro__, *type(left).__mro__)
    named = {c.__name__: c for c in kinds if type(c) is proxies.RemoteClass}
    names = {**decide.__globals__, **named}
    return types.FunctionType(
        decide.__code__, names, decide.__name__, decide.__defaults__, decide.__closure__
    )


def _with_plain(left: object, right: object) -> bool:
    """Equality with plain data: by the builtin value that the object is.

    Where it is none, its own `__eq__` is asked only for a class that the tests named, together with
    values that it must not equal, in an order that it does not know.
    """
    channel, number = where(left)
    operators = _operators(left)
    if "__eq__" not in operators:
        return False
    plain = channel.ask("plain", on=number)
    if type(plain) is list and len(plain) == 1:
        return bool(plain[0] == right)
    if not _asked(left) or _is_strange(right):
        return False
    if channel.has_reference:
        own = channel.reference_class(type(left).__name__)
        if own is None or not _has_own(own):
            return False
    values = [right, *_decoys(right)]
    order = list(range(len(values)))
    random.SystemRandom().shuffle(order)
    asked = tuple(values[n] for n in order)
    answers = cast("list[object] | None", channel.ask("equals", asked, on=number))
    said = {order[n]: answers[n] is True for n in range(len(order))} if answers else {}
    if said.get(0) and not channel.has_reference:
        channel.doubt(f"the candidate's {type(left).__name__} decides what it equals")
    return said.get(0, False) and not any(said[n] for n in range(1, len(order)))


def doubt_combination(target: object, name: str, operand: object, result: object) -> None:
    """Fail a combination with plain data that comes out alike whatever the data is."""
    channel, number = where(target)
    others = [] if _is_strange(operand) else _decoys(operand)
    if isinstance(operand, int | float) and not isinstance(operand, bool):
        others += [operand - 1e9, operand + 1e9]
    found = []
    for other in others:
        try:
            found.append(channel.ask("operator", (other,), on=number, name=name))
        except Exception:
            found.append(None)
    if others and all(type(f) is type(result) and f == result for f in found):
        raise TypeError(f"{name} of {type(target).__name__} gives {result!r} for any operand"[:300])
    channel.doubt(
        f"the tests combine what the candidate's {type(target).__name__} returned with plain data;"
        f" only a reference solution could say that it has {name}"
    )


def _has_own(kind: type) -> bool:
    """Whether a class says itself what its objects equal."""
    return any("__eq__" in vars(c) for c in kind.__mro__ if c is not object)


def _operators(value: object) -> set[str]:
    names: set[str] = set()
    for kind in type(value).__mro__:
        names |= vars(kind).get("_veritune_operators", frozenset())
    return names


def _asked(value: object) -> bool:
    channel, _ = where(value)
    kinds = [c for c in type(value).__mro__ if "_veritune_class" in vars(c)]
    return any(class_where(c)[1] in channel.asked for c in kinds)


def _is_strange(value: object) -> bool:
    """Whether a value is of a kind that no decoy can be made of."""
    return not isinstance(value, int | float | str | bytes | list | tuple | dict | set | frozenset)


def _decoys(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, -value - 3, value * 2 + 7]
    if isinstance(value, str):
        return [value + "x", "x" + value, value * 2 + "x"]
    if isinstance(value, bytes):
        return [value + b"x", b"x" + value, value * 2 + b"x"]
    if isinstance(value, list | tuple):
        kind = type(value)
        return [kind([*value, 0]), kind([0, *value]), kind([*value, *value, None])]
    if isinstance(value, dict):
        return [{**value, "a decoy": 0}, {**value, "another": None}]
    items = cast("set[object]", value)
    return [items | {"a decoy"}, items | {"another", 0.5}]
