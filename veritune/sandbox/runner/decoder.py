"""From JSON data to values of exact builtin types, whatever the sender was."""

from __future__ import annotations

import base64
import functools
import operator
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .codec import (
    ARRAY_KINDS,
    BUILTIN_FUNCTIONS,
    MAX_DEPTH,
    PLAIN_TYPES,
    SCALARS,
    Encoded,
    MalformedError,
)

if TYPE_CHECKING:
    import datetime


def no_insiders(tag: str, value: Any) -> Any:
    """Refuse every tag that is no plain data."""
    raise MalformedError(f"unknown tag {tag[:20]!r}")


class ValueDecoder:
    """Builds exact builtin types from JSON data, whatever the sender was."""

    def __init__(
        self,
        inside: Callable[[str, Any], Any] = no_insiders,
        known: list[Any] | None = None,
        *,
        numpy: bool = False,
    ) -> None:
        self._inside = inside
        self._numpy = numpy
        self._known = known or []
        self.made: list[Any] = []

    def decode(self, data: Encoded, depth: int = 0) -> Any:
        """The value that was encoded; `MalformedError` for anything an encoder does not write."""
        kind = type(data)
        if kind in SCALARS or kind is int:
            return data
        if depth > MAX_DEPTH + 2:
            raise MalformedError("nested too deep")
        if kind is list:
            made: list[Any] = []
            self.made.append(made)
            made += self.items(data, depth)
            return made
        if len(data) != 1:
            raise MalformedError("an object without a single tag")
        ((tag, value),) = data.items()
        reader = _READERS.get(tag)
        try:
            return reader(self, value, depth) if reader else self._inside(tag, value)
        except MalformedError:
            raise
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise MalformedError(f"tag {tag!r}: {error}"[:200]) from None

    def items(self, data: Encoded, depth: int) -> list[Any]:
        """The values of a JSON array."""
        if type(data) is not list:
            raise MalformedError("an array was expected")
        if not {dict, list} & set(map(type, data)):
            return data
        return [self.decode(item, depth + 1) for item in data]

    def pairs(self, data: Encoded, depth: int) -> list[tuple[Any, Any]]:
        """The (key, value) pairs of a JSON array of arrays."""
        if type(data) is not list:
            raise MalformedError("an array was expected")
        return [(self.decode(k, depth + 1), self.decode(v, depth + 1)) for k, v in data]

    def keep(self, container: Any) -> Any:
        """Number a new container as the encoder did."""
        self.made.append(container)
        return container

    def array(self, value: Any) -> Any:
        """A numpy array, where arrays were asked for."""
        if not self._numpy:
            raise MalformedError("an array nobody asked for")
        return _read_numpy(value)

    def known(self, number: Any) -> Any:
        """A container of this side's own that the other side names."""
        return self._known[count(number)]


def count(value: Any) -> int:
    """A number that is none below zero."""
    if type(value) is not int or value < 0:
        raise MalformedError("a number was expected")
    return value


def _bytes(value: Any) -> bytes:
    return base64.b64decode(value, validate=True)


def _read_set(d: ValueDecoder, value: Any, depth: int) -> set[Any]:
    made: set[Any] = d.keep(set())
    made.update(d.items(value, depth))
    return made


def _read_dict(made: Any, d: ValueDecoder, value: Any, depth: int) -> Any:
    d.keep(made)
    for key, item in d.pairs(value, depth):
        made[key] = item
    return made


def _read_deque(d: ValueDecoder, value: Any, depth: int) -> deque[Any]:
    length, items = value
    made: deque[Any] = d.keep(deque(maxlen=None if length is None else count(length)))
    made.extend(d.items(items, depth))
    return made


def _read_bytearray(d: ValueDecoder, value: Any, depth: int) -> bytearray:
    made: bytearray = d.keep(bytearray(_bytes(value)))
    return made


def _read_zone(value: Any) -> datetime.timezone | None:
    import datetime

    return None if value is None else datetime.timezone(datetime.timedelta(*value))


def _read_moment(tag: str, value: Any) -> Any:
    import datetime

    if tag == "da":
        return datetime.date(*value)
    if tag == "td":
        return datetime.timedelta(*value)
    *parts, zone, fold = value
    kind: Any = datetime.time if tag == "tm" else datetime.datetime
    return kind(*parts, _read_zone(zone), fold=fold)


def _read_exact(d: ValueDecoder, tag: str, value: Any, depth: int) -> Any:
    if tag == "dc":
        import decimal

        return decimal.Decimal(value if type(value) is str else "x")
    import fractions

    parts = d.items(value, depth)
    if any(type(part) is not int for part in parts):
        raise MalformedError("a fraction of no whole numbers")
    return fractions.Fraction(*parts)


def _read_integer(value: Any) -> int:
    if type(value) is not str:
        raise MalformedError("a hexadecimal number was expected")
    return int(value, 16)


def _read_numpy(value: Any) -> Any:
    import numpy

    dtype, shape, data = value
    kind = numpy.dtype(dtype)
    if kind.kind not in ARRAY_KINDS:
        raise MalformedError("an array of objects")
    made = numpy.frombuffer(bytearray(_bytes(data)), kind).reshape([count(n) for n in shape])
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
    members: dict[str, Any] = {f: property(operator.itemgetter(i)) for i, f in enumerate(fields)}
    shown = ", ".join(f"{f}=%r" for f in fields)
    members |= {
        "__slots__": (),
        "_fields": fields,
        "__repr__": lambda self: name + "(" + shown % tuple(self) + ")",
        "_asdict": lambda self: dict(zip(fields, self, strict=True)),
    }
    return type(name, (tuple,), members)


def _read_named(d: ValueDecoder, value: Any, depth: int) -> Any:
    name, fields, items = value
    if type(name) is not str or not all(type(f) is str for f in fields):
        raise MalformedError("a bad name")
    values = d.items(items, depth)
    if len(values) != len(fields):
        raise MalformedError("fields without values")
    return tuple.__new__(_tuple_class(name, tuple(fields)), values)


def _read_range(d: ValueDecoder, value: Any, depth: int) -> range:
    start, stop, step = d.items(value, depth)
    return range(start, stop, step)


def _read_float_pair(value: Any) -> complex:
    real, imaginary = value
    if not all(type(part) in (float, int) for part in value):
        raise MalformedError("a bad complex number")
    return complex(real, imaginary)


_Reader = Callable[[ValueDecoder, Any, int], Any]
_READERS: dict[str, _Reader] = {
    "i": lambda d, v, n: _read_integer(v),
    "t": lambda d, v, n: tuple(d.items(v, n)),
    "s": _read_set,
    "fs": lambda d, v, n: frozenset(d.items(v, n)),
    "d": lambda d, v, n: _read_dict({}, d, v, n),
    "od": lambda d, v, n: _read_dict(OrderedDict(), d, v, n),
    "ct": lambda d, v, n: _read_dict(Counter(), d, v, n),
    "dd": lambda d, v, n: _read_dict(
        defaultdict(None if v[0] is None else PLAIN_TYPES[v[0]]), d, v[1], n
    ),
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
    "k": lambda d, v, n: {"Ellipsis": ..., "NotImplemented": NotImplemented}[v],
    "ty": lambda d, v, n: PLAIN_TYPES[v],
    "bf": lambda d, v, n: BUILTIN_FUNCTIONS[v],
    "nt": _read_named,
    "np": lambda d, v, n: d.array(v),
    "ns": lambda d, v, n: d.array([v[0], [], v[1]])[()],
    "dk": lambda d, v, n: dict.fromkeys(d.items(v, n)).keys(),
    "dv": lambda d, v, n: dict(enumerate(d.items(v, n))).values(),
    "di": lambda d, v, n: dict(d.items(v, n)).items(),
    "r": lambda d, v, n: d.made[count(v)],
    "a": lambda d, v, n: d.known(v),
}
