"""From JSON data to values of exact builtin types, whatever the sender was."""

from __future__ import annotations

import base64
import functools
import operator
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from .codec import (
    ARRAY_KINDS,
    BUILTIN_FUNCTIONS,
    MAX_DEPTH,
    PLAIN_TYPES,
    SCALARS,
    MalformedError,
)

if TYPE_CHECKING:
    import datetime

    import numpy
    from numpy.typing import NDArray

    from .messages import Container, Encoded

    _Reader = Callable[["ValueDecoder", Encoded, int], object]

C = TypeVar("C", bound="Container")


def no_insiders(tag: str, value: Encoded) -> object:
    """Refuse every tag that is no plain data."""
    raise MalformedError(f"unknown tag {tag[:20]!r}")


class ValueDecoder:
    """Builds exact builtin types from JSON data, whatever the sender was."""

    def __init__(
        self,
        inside: Callable[[str, Encoded], object] = no_insiders,
        known: Sequence[object] | None = None,
        *,
        numpy: bool = False,
    ) -> None:
        self._inside = inside
        self._numpy = numpy
        self._known = known or []
        self.made: list[Container] = []

    def decode(self, data: Encoded, depth: int = 0) -> object:
        """The value that was encoded; `MalformedError` for anything an encoder does not write."""
        kind = type(data)
        if kind in SCALARS or kind is int:
            return data
        if depth > MAX_DEPTH + 2:
            raise MalformedError("nested too deep")
        if type(data) is list:
            made: list[object] = []
            self.made.append(made)
            made += self.items(data, depth)
            return made
        if type(data) is not dict or len(data) != 1:
            raise MalformedError("an object without a single tag")
        ((tag, value),) = data.items()
        reader = _READERS.get(tag)
        try:
            return reader(self, value, depth) if reader else self._inside(tag, value)
        except MalformedError:
            raise
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise MalformedError(f"tag {tag!r}: {error}"[:200]) from None

    def items(self, data: Encoded, depth: int) -> Sequence[object]:
        """The values of a JSON array."""
        if type(data) is not list:
            raise MalformedError("an array was expected")
        if not {dict, list} & set(map(type, data)):
            return data
        return [self.decode(item, depth + 1) for item in data]

    def pairs(self, data: Encoded, depth: int) -> list[tuple[object, object]]:
        """The (key, value) pairs of a JSON array of arrays."""
        if type(data) is not list:
            raise MalformedError("an array was expected")
        return [(self.decode(k, depth + 1), self.decode(v, depth + 1)) for k, v in map(parts, data)]

    def keep(self, container: C) -> C:
        """Number a new container as the encoder did."""
        self.made.append(container)
        return container

    def array(self, value: Encoded) -> NDArray[numpy.generic]:
        """A numpy array, where arrays were asked for."""
        if not self._numpy:
            raise MalformedError("an array nobody asked for")
        return _read_numpy(value)

    def subclass(self, value: Encoded, depth: int) -> object:
        """A builtin value that is an object of the other side's, too."""
        number, kind, plain = parts(value)
        made = self.decode(plain, depth + 1)
        return self._inside("sv", cast("Encoded", [number, kind, made]))

    def known(self, number: Encoded) -> object:
        """A container of this side's own that the other side names."""
        return self._known[count(number)]


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


def _bytes(value: Encoded) -> bytes:
    return base64.b64decode(text_of(value), validate=True)


def _read_set(d: ValueDecoder, value: Encoded, depth: int) -> set[object]:
    made: set[object] = set()
    d.keep(made)
    made.update(d.items(value, depth))
    return made


def _read_dict(
    made: dict[object, object], d: ValueDecoder, value: Encoded, depth: int
) -> dict[object, object]:
    d.keep(made)
    for key, item in d.pairs(value, depth):
        made[key] = item
    return made


def _read_default(d: ValueDecoder, value: Encoded, depth: int) -> object:
    factory, pairs = parts(value)
    return _read_dict(defaultdict(_read_factory(d, factory, depth)), d, pairs, depth)


def _read_deque(d: ValueDecoder, value: Encoded, depth: int) -> deque[object]:
    length, items = parts(value)
    made: deque[object] = deque(maxlen=None if length is None else count(length))
    d.keep(made)
    made.extend(d.items(items, depth))
    return made


def _read_bytearray(d: ValueDecoder, value: Encoded, depth: int) -> bytearray:
    return d.keep(bytearray(_bytes(value)))


def _read_zone(value: Encoded) -> datetime.tzinfo | None:
    import datetime

    if type(value) is str:
        import zoneinfo

        return zoneinfo.ZoneInfo(value)
    if value is None:
        return None
    return datetime.timezone(datetime.timedelta(*map(whole, parts(value))))


def _read_moment(tag: str, value: Encoded) -> object:
    import datetime

    if tag == "da":
        return datetime.date(*map(whole, parts(value)))
    if tag == "td":
        return datetime.timedelta(*map(whole, parts(value)))
    *given, zone, fold = parts(value)
    numbers, tzinfo = [whole(n) for n in given], _read_zone(zone)
    if tag == "tm":
        hour, minute, second, micro = numbers
        return datetime.time(hour, minute, second, micro, tzinfo, fold=whole(fold))
    year, month, day, hour, minute, second, micro = numbers
    return datetime.datetime(
        year, month, day, hour, minute, second, micro, tzinfo, fold=whole(fold)
    )


def _read_factory(d: ValueDecoder, value: Encoded, depth: int) -> Callable[[], object] | None:
    """What a defaultdict makes its values by: a plain type, or a function of the other side's."""
    found = PLAIN_TYPES[value] if type(value) is str else d.decode(value, depth + 1)
    if found is None or callable(found):
        return found
    raise MalformedError("a factory that cannot be called")


def _read_array(value: Encoded) -> object:
    import array

    code, data = parts(value)
    made = array.array(str(code))
    made.frombytes(_bytes(data))
    return made


def _read_path(value: Encoded) -> object:
    import pathlib

    kind, text = parts(value)
    if type(kind) is not str or type(text) is not str or kind not in PATHS:
        raise MalformedError("a path of no known kind")
    return cast("object", getattr(pathlib, kind)(text))


def _read_address(value: Encoded) -> object:
    import ipaddress

    kind, text = parts(value)
    if type(kind) is not str or type(text) is not str or kind not in ADDRESSES:
        raise MalformedError("an address of no known kind")
    return cast("object", getattr(ipaddress, kind)(text))


def _read_uuid(d: ValueDecoder, value: Encoded, depth: int) -> object:
    import uuid

    number = d.decode(value, depth)
    if type(number) is not int:
        raise MalformedError("a number was expected")
    return uuid.UUID(int=number)


def _read_exact(d: ValueDecoder, tag: str, value: Encoded, depth: int) -> object:
    if tag == "dc":
        import decimal

        return decimal.Decimal(value if type(value) is str else "x")
    import fractions

    given = d.items(value, depth)
    numbers = [part for part in given if type(part) is int]
    if len(numbers) != len(given):
        raise MalformedError("a fraction of no whole numbers")
    return fractions.Fraction(*numbers)


def _read_integer(value: Encoded) -> int:
    if type(value) is not str:
        raise MalformedError("a hexadecimal number was expected")
    return int(value, 16)


def _read_numpy(value: Encoded) -> NDArray[numpy.generic]:
    import numpy

    dtype, shape, data = parts(value)
    kind: numpy.dtype[numpy.generic] = numpy.dtype(text_of(dtype))
    if kind.kind not in ARRAY_KINDS:
        raise MalformedError("an array of objects")
    made = numpy.frombuffer(bytearray(_bytes(data)), kind).reshape([count(n) for n in parts(shape)])
    # A number that numpy compares with a narrow float is made as narrow first: to half precision's
    # infinity, every number above 65520 is equal.
    half = not shape and kind == "f2"
    coarse = kind.kind in "fc" and (half or not numpy.isfinite(made).all())
    return made.astype(numpy.result_type(kind, "f8")) if coarse else made


@functools.cache
def _tuple_class(name: str, fields: tuple[str, ...]) -> type:
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


def _read_named(d: ValueDecoder, value: Encoded, depth: int) -> object:
    name, given, items = parts(value)
    fields = tuple(map(text_of, parts(given)))
    values = d.items(items, depth)
    if len(values) != len(fields):
        raise MalformedError("fields without values")
    return tuple.__new__(_tuple_class(text_of(name), fields), values)


def _read_range(d: ValueDecoder, value: Encoded, depth: int) -> range:
    start, stop, step = (n for n in d.items(value, depth) if isinstance(n, int))
    return range(start, stop, step)


def _read_float_pair(value: Encoded) -> complex:
    numbers = [n for n in parts(value) if type(n) is float or type(n) is int]
    if len(numbers) != 2:
        raise MalformedError("a bad complex number")
    return complex(*numbers)


def _read_scalar(d: ValueDecoder, value: Encoded) -> object:
    dtype, data = parts(value)
    return d.array([dtype, [], data])[()]


def _read_items(d: ValueDecoder, value: Encoded, depth: int) -> object:
    return dict(pair for pair in d.items(value, depth) if isinstance(pair, tuple)).items()


PATHS = ("PosixPath", "PurePosixPath", "PureWindowsPath")
ADDRESSES = frozenset(f"IPv{n}{k}" for n in (4, 6) for k in ("Address", "Network", "Interface"))
_READERS: dict[str, _Reader] = {
    "i": lambda d, v, n: _read_integer(v),
    "t": lambda d, v, n: tuple(d.items(v, n)),
    "s": _read_set,
    "fs": lambda d, v, n: frozenset(d.items(v, n)),
    "d": lambda d, v, n: _read_dict({}, d, v, n),
    "od": lambda d, v, n: _read_dict(OrderedDict(), d, v, n),
    "ct": lambda d, v, n: _read_dict(cast("dict[object, object]", Counter()), d, v, n),
    "dd": _read_default,
    "dq": _read_deque,
    "ba": _read_bytearray,
    "b": lambda d, v, n: _bytes(v),
    "c": lambda d, v, n: _read_float_pair(v),
    "rg": _read_range,
    "sl": lambda d, v, n: slice(*d.items(v, n)),
    "dc": lambda d, v, n: _read_exact(d, "dc", v, n),
    "fr": lambda d, v, n: _read_exact(d, "fr", v, n),
    "da": lambda d, v, n: _read_moment("da", v),
    "tm": lambda d, v, n: _read_moment("tm", v),
    "dt": lambda d, v, n: _read_moment("dt", v),
    "td": lambda d, v, n: _read_moment("td", v),
    "k": lambda d, v, n: {"Ellipsis": ..., "NotImplemented": NotImplemented}[text_of(v)],
    "ty": lambda d, v, n: PLAIN_TYPES[text_of(v)],
    "bf": lambda d, v, n: BUILTIN_FUNCTIONS[text_of(v)],
    "nt": _read_named,
    "np": lambda d, v, n: d.array(v),
    "ns": lambda d, v, n: _read_scalar(d, v),
    "dk": lambda d, v, n: dict.fromkeys(d.items(v, n)).keys(),
    "dv": lambda d, v, n: dict(enumerate(d.items(v, n))).values(),
    "di": _read_items,
    "sv": lambda d, v, n: d.subclass(v, n),
    "mv": lambda d, v, n: memoryview(_bytes(v)),
    "ar": lambda d, v, n: _read_array(v),
    "tz": lambda d, v, n: _read_zone(v),
    "zi": lambda d, v, n: _read_zone(v if type(v) is str else [0]),
    "pa": lambda d, v, n: _read_path(v),
    "ip": lambda d, v, n: _read_address(v),
    "uu": _read_uuid,
    "r": lambda d, v, n: d.made[count(v)],
    "a": lambda d, v, n: d.known(v),
}
