"""Objects of the candidate's that are builtin values, too: members of an `IntEnum`, a list's heir.

The value is an exact copy on this side, which every comparison uses; methods run over there.
"""

from __future__ import annotations

import types
from typing import Any

from .proxies import IN_PLACE, Member, operate

IMMUTABLE = (int, float, complex, str, bytes, tuple, frozenset)
MUTABLE = (list, dict, set, bytearray)
BASES: dict[str, Any] = {kind.__name__: kind for kind in IMMUTABLE + MUTABLE}
CHANGING = frozenset({"__setitem__", "__delitem__", *IN_PLACE})
KEPT = frozenset(
    {"__eq__", "__ne__", "__hash__", "__bool__", "__lt__", "__le__", "__gt__", "__ge__"}
)
NO_MEMBERS = frozenset(
    {
        *("__module__", "__qualname__", "__classcell__", "__dict__", "__weakref__"),
        *("__firstlineno__", "__static_attributes__", "_veritune_class"),
    }
)


def base_of(builtin: str) -> Any:
    """The builtin type of this name, where a class may descend from it here."""
    return BASES.get(builtin)


def is_mutable(plain: Any) -> bool:
    """Whether a value can change in place."""
    return isinstance(plain, MUTABLE)


def space(base: Any, own: dict[str, Any]) -> dict[str, Any]:
    """What a class gets so that its instances are values: what compares is the builtin's."""
    found: dict[str, Any] = {name: getattr(base, name) for name in KEPT if hasattr(base, name)}
    if "__bool__" not in vars(base):
        found["__bool__"] = (
            (lambda self: base.__len__(self) > 0) if hasattr(base, "__len__") else None
        )
        if found["__bool__"] is None:
            del found["__bool__"]
    if base not in MUTABLE:
        return found
    channel, number = own["_veritune_class"]
    for name in dir(base):
        if not name.startswith("__") and name not in own:
            found[name] = Member(channel, number, name, "d")
        elif name in CHANGING:
            found[name] = _changing(name)
    return found


def _changing(name: str) -> Any:
    def change(self: Any, *args: Any) -> Any:
        result = operate(self, name, *args)
        return self if name in IN_PLACE else result

    return change


def make(channel: Any, number: int, kind: Any, plain: Any) -> Any:
    """An instance of a class with a builtin base, whose value is `plain`."""
    base = next((b for b in BASES.values() if issubclass(kind, b)), None)
    if base is None:  # its class is no heir of a builtin one, whatever it said
        made = object.__new__(kind)
    elif base in MUTABLE:
        made = base.__new__(kind)
        object.__setattr__(made, "_veritune", (channel, number))
        refill(made, plain)
    else:
        made = base.__new__(kind, plain) if type(plain) is base or isinstance(plain, base) else None
        if made is None:
            raise TypeError("a value of another type than its class")
    object.__setattr__(made, "_veritune", (channel, number))
    return made


def refill(made: Any, plain: Any) -> None:
    """Give a mutable one the contents that it has over there."""
    for base in MUTABLE:
        if isinstance(made, base) and isinstance(plain, base):
            kind: Any = base
            kind.clear(made)
            fill = getattr(kind, "extend", None) or kind.update
            fill(made, plain)


def member(key: str, value: Any) -> list[Any]:
    """[name, kind, value] of what a class of the tests' defines."""
    if isinstance(value, staticmethod):
        return [key, "static", value.__func__]
    if isinstance(value, classmethod):
        return [key, "class", value.__func__]
    if isinstance(value, property):
        return [key, "property", [value.fget, value.fset, value.fdel]]
    return [key, "plain", value if not isinstance(value, types.MemberDescriptorType) else None]
