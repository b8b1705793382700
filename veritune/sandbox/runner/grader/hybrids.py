"""Objects of the candidate's that are builtin values, too: members of an `IntEnum`, a list's heir.

The value is an exact copy on this side, which every comparison uses; methods run over there.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from .proxies import IN_PLACE, Member, operate

if TYPE_CHECKING:
    from .asking import Asker

# In this order: `bool` is no base, and of two that fit, the first is taken.
IMMUTABLE = (int, float, complex, str, bytes, tuple, frozenset)
# These are filled anew after each call, since a method of theirs runs over there.
MUTABLE = (list, dict, set, bytearray)
BASES: dict[str, type] = {kind.__name__: kind for kind in IMMUTABLE + MUTABLE}
# Operators that must change the object over there, and not only its copy here.
CHANGING = frozenset({"__setitem__", "__delitem__", *IN_PLACE})
# What compares: on the copy here, by the builtin's own code.
KEPT = frozenset(
    {"__eq__", "__ne__", "__hash__", "__bool__", "__lt__", "__le__", "__gt__", "__ge__"}
)
# What Python itself puts into every class, and what is ours.
NO_MEMBERS = frozenset(
    {
        *("__module__", "__qualname__", "__classcell__", "__dict__", "__weakref__"),
        *("__firstlineno__", "__static_attributes__", "_veritune_class"),
    }
)


def base_of(builtin: str) -> type | None:
    """The builtin type of this name, where a class may descend from it here."""
    return BASES.get(builtin)


def is_mutable(plain: object) -> bool:
    """Whether a value can change in place."""
    return isinstance(plain, MUTABLE)


def space(base: type, own: dict[str, object]) -> dict[str, object]:
    """What a class gets so that its instances are values: what compares is the builtin's."""
    found: dict[str, object] = {name: getattr(base, name) for name in KEPT if hasattr(base, name)}
    length = getattr(base, "__len__", None)
    if "__bool__" not in vars(base) and length is not None:
        found["__bool__"] = lambda self: length(self) > 0
    if base not in MUTABLE:
        return found
    channel, number = cast("tuple[Asker, int]", own["_veritune_class"])
    for name in dir(base):
        if not name.startswith("__") and name not in own:
            found[name] = Member(channel, number, name, "d")
        elif name in CHANGING:
            found[name] = _changing(name)
    return found


def _changing(name: str) -> object:
    def change(self: object, *args: object) -> object:
        result = operate(self, name, *args)
        return self if name in IN_PLACE else result

    return change


def make(channel: Asker, number: int, kind: type, plain: object) -> object:
    """An instance of a class with a builtin base, whose value is `plain`."""
    base = next((b for b in BASES.values() if issubclass(kind, b)), None)
    new = cast("Callable[..., object]", getattr(base, "__new__", None))
    if base is None:  # its class is no heir of a builtin one, whatever it said
        made: object = object.__new__(kind)
    elif base in MUTABLE:
        made = new(kind)
        object.__setattr__(made, "_veritune", (channel, number))
        refill(made, plain)
    else:
        if not isinstance(plain, base):
            raise TypeError("a value of another type than its class")
        made = new(kind, plain)
    object.__setattr__(made, "_veritune", (channel, number))
    return made


def refill(made: object, plain: object) -> None:
    """Give a mutable one the contents that it has over there."""
    for base in MUTABLE:
        if isinstance(made, base) and isinstance(plain, base):
            kind: Any = base
            kind.clear(made)
            fill = getattr(kind, "extend", None) or kind.update
            fill(made, plain)


def member(key: str, value: object) -> list[object]:
    """[name, kind, value] of what a class of the tests' defines."""
    if isinstance(value, staticmethod):
        return [key, "static", value.__func__]
    if isinstance(value, classmethod):
        return [key, "class", value.__func__]
    if isinstance(value, property):
        return [key, "property", [value.fget, value.fset, value.fdel]]
    return [key, "plain", value if not isinstance(value, types.MemberDescriptorType) else None]
