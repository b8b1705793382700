"""From JSON data to values that hold no others, of exact types: each checks what it is given."""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from .codec import ARRAY_KINDS, MalformedError

if TYPE_CHECKING:
    import datetime

    import numpy
    from numpy.typing import NDArray

    from .messages import Encoded

# Whose constructors touch no file.
PATHS = ("PosixPath", "PurePosixPath", "PureWindowsPath")
ADDRESSES = frozenset(f"IPv{n}{k}" for n in (4, 6) for k in ("Address", "Network", "Interface"))


def whole(value: Encoded) -> int:
    """A whole number."""
    if type(value) is not int:
        raise MalformedError("a number was expected")
    return value


def count(value: Encoded) -> int:
    """A number that is none below zero."""
    if type(value) is not int or value < 0:
        raise MalformedError("a number was expected")
    return value


def parts(value: Encoded) -> list[Encoded]:
    """A JSON array."""
    if type(value) is not list:
        raise MalformedError("an array was expected")
    return value


def text_of(value: Encoded) -> str:
    """A JSON string."""
    if type(value) is not str:
        raise MalformedError("a text was expected")
    return value


def bytes_of(value: Encoded) -> bytes:
    return bytes.fromhex(text_of(value))


def zone_of(value: Encoded) -> datetime.tzinfo | None:
    import datetime

    if type(value) is str:
        import zoneinfo

        return zoneinfo.ZoneInfo(value)
    if value is None:
        return None
    return datetime.timezone(datetime.timedelta(*map(whole, parts(value))))


def datetime_of(tag: str, value: Encoded) -> object:
    import datetime

    if tag == "da":
        return datetime.date(*map(whole, parts(value)))
    if tag == "td":
        return datetime.timedelta(*map(whole, parts(value)))
    *given, zone, fold = parts(value)
    numbers, tzinfo = [whole(n) for n in given], zone_of(zone)
    if tag == "tm":
        hour, minute, second, micro = numbers
        return datetime.time(hour, minute, second, micro, tzinfo, fold=whole(fold))
    year, month, day, hour, minute, second, micro = numbers
    return datetime.datetime(
        year, month, day, hour, minute, second, micro, tzinfo, fold=whole(fold)
    )


def array_of(value: Encoded) -> object:
    import array

    code, data = parts(value)
    made = array.array(str(code))
    made.frombytes(bytes_of(data))
    return made


def path_of(value: Encoded) -> object:
    import pathlib

    kind, text = parts(value)
    if type(kind) is not str or type(text) is not str or kind not in PATHS:
        raise MalformedError("a path of no known kind")
    return cast("object", getattr(pathlib, kind)(text))


def address_of(value: Encoded) -> object:
    import ipaddress

    kind, text = parts(value)
    if type(kind) is not str or type(text) is not str or kind not in ADDRESSES:
        raise MalformedError("an address of no known kind")
    return cast("object", getattr(ipaddress, kind)(text))


def integer_of(value: Encoded) -> int:
    if type(value) is not str:
        raise MalformedError("a hexadecimal number was expected")
    return int(value, 16)


def numpy_of(value: Encoded) -> NDArray[numpy.generic]:
    import numpy

    dtype, shape, data = parts(value)
    kind: numpy.dtype[numpy.generic] = numpy.dtype(text_of(dtype))
    if kind.kind not in ARRAY_KINDS:
        raise MalformedError("an array of objects")
    sizes = [count(n) for n in parts(shape)]
    made = numpy.frombuffer(bytearray(bytes_of(data)), kind).reshape(sizes)
    # A number that numpy compares with a narrow float is made as narrow first: to half precision's
    # infinity, every number above 65520 is equal.
    half = not shape and kind == "f2"
    coarse = kind.kind in "fc" and (half or not numpy.isfinite(made).all())
    return made.astype(numpy.result_type(kind, "f8")) if coarse else made


@functools.cache
def tuple_class(name: str, fields: tuple[str, ...]) -> type:
    """A twin of a named tuple; built without evaluating any text."""
    for field in (name, *fields):
        if not field.isidentifier() or field.startswith("__"):
            raise MalformedError("a bad field name")
    if len(set(fields)) != len(fields) or any(f.startswith("_") for f in fields):
        raise MalformedError("bad field names")
    members: dict[str, object] = {f: property(operator.itemgetter(i)) for i, f in enumerate(fields)}
    shown = ", ".join(f"{f}=%r" for f in fields)
    members |= {
        "__slots__": (),
        "_fields": fields,
        "__repr__": lambda self: name + "(" + shown % tuple(self) + ")",
        "_asdict": lambda self: dict(zip(fields, self, strict=True)),
    }
    return type(name, (tuple,), members)


def complex_of(value: Encoded) -> complex:
    numbers = [n for n in parts(value) if type(n) is float or type(n) is int]
    if len(numbers) != 2:
        raise MalformedError("a bad complex number")
    return complex(*numbers)


def alias_of(origin: object, args: Sequence[object]) -> types.GenericAlias:
    """As in `list[int]`."""
    if not isinstance(origin, type):
        raise MalformedError("an alias of no class")
    return types.GenericAlias(origin, tuple(args))


def union_of(kinds: Sequence[object]) -> object:
    """As in `int | None`."""
    known = [k for k in kinds if isinstance(k, type | types.GenericAlias)]
    if len(known) != len(kinds) or len(known) < 2:
        raise MalformedError("a union of no classes")
    return functools.reduce(operator.or_, known)
