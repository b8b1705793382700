"""Plain data between the candidate's process and the judge's: tagged JSON, never pickle.

A scalar stands as itself; a list is a JSON array; everything else is an object with one key, its
tag. Decoding builds exact builtin types and nothing else, so nothing the candidate defines (an
`__eq__`, a subclass, a property) arrives with a value. Containers that can change keep their
identity within a message ("r"), and between a call's arguments and its answer ("a").
"""

from __future__ import annotations

import base64
import builtins
import functools
import operator
import sys
import types
from collections import Counter, OrderedDict, UserDict, UserList, UserString, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime

MAX_DEPTH = 100
MAX_ITEMS = 1_000_000
SCALARS = frozenset({bool, float, str, type(None)})
SMALL_INT = 1 << 63
# Not those that give more than their own plain value when they are called.
HANDLING = {"type", "super", "property", "classmethod", "staticmethod", "memoryview"}
PLAIN_TYPES = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and not name.startswith("_") and name not in HANDLING
}
TYPE_NAMES: dict[Any, str] = {value: name for name, value in PLAIN_TYPES.items()}
# Functions that do nothing but compute. All others are handles of the side that they come from:
# called here, `eval` would run what the other side chose as its argument.
PURE = """
abs all any ascii bin callable chr divmod hash hex isinstance issubclass len max min oct ord pow
repr round sorted sum
"""
BUILTIN_FUNCTIONS: dict[str, object] = {name: getattr(builtins, name) for name in PURE.split()}
MUTABLE: tuple[Any, ...] = (list, dict, set, bytearray, deque, OrderedDict, defaultdict, Counter)

Encoded = Any


class TooDeepError(ValueError):
    """A value nested deeper than `MAX_DEPTH`, or with more items than `MAX_ITEMS`."""


class MalformedError(Exception):
    """Text that no honest encoder writes."""


def no_outsiders(value: object) -> Encoded:
    """Refuse what is no plain data."""
    raise TypeError(f"a {type(value).__name__} is no plain data")


class Encoder:
    """Turns values into JSON data. `known` maps id() of a container to its tag from outside."""

    def __init__(
        self,
        outside: Callable[[object], Encoded] = no_outsiders,
        known: dict[int, Encoded] | None = None,
        *,
        numpy: bool = False,
    ) -> None:
        self._outside = outside
        self._numpy = numpy
        self._seen: dict[int, Encoded] = dict(known or {})
        self._count = 0
        self.kept: list[Any] = []

    def encode(self, value: Any, depth: int = 0) -> Encoded:
        """The JSON data of one value."""
        kind = type(value)
        if kind in SCALARS:
            return value
        if kind is int:
            return value if -SMALL_INT <= value < SMALL_INT else {"i": hex(value)}
        if depth > MAX_DEPTH:
            raise TooDeepError(f"nested deeper than {MAX_DEPTH} levels")
        if kind in MUTABLE:
            return self._container(value, depth)
        if kind is tuple:
            return {"t": self._items(value, depth)}
        writer = _WRITERS.get(kind)
        if writer is not None:
            return writer(self, value, depth)
        return self._other(value, depth)

    def contents(self, value: Any) -> Encoded:
        """As `encode` for a container, even where the other side knows it: its new contents."""
        self._count += 1
        return self._contents(value, 0)

    def _container(self, value: Any, depth: int) -> Encoded:
        known = self._seen.get(id(value))
        if known is not None:
            return known
        self._seen[id(value)] = {"r": self._count}
        self._count += 1
        self.kept.append(value)
        return self._contents(value, depth)

    def _contents(self, value: Any, depth: int) -> Encoded:
        kind = type(value)
        if kind is list:
            return self._items(value, depth)
        if kind is bytearray:
            return {"ba": base64.b64encode(value).decode()}
        if kind is deque:
            return {"dq": [value.maxlen, self._items(list(value), depth)]}
        if kind is set:
            return {"s": self._items(list(value), depth)}
        pairs = [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()]
        if kind is defaultdict:
            factory = TYPE_NAMES.get(value.default_factory)
            return {"dd": [factory, pairs]}
        tag = "d" if kind is dict else "od" if kind is OrderedDict else "ct"
        return {tag: pairs}

    def _items(self, values: Any, depth: int) -> list[Encoded]:
        kinds = set(map(type, values))
        if kinds <= SCALARS:
            return list(values)
        if kinds == {int} and min(values) >= -SMALL_INT and max(values) < SMALL_INT:
            return list(values)
        return [self.encode(v, depth + 1) for v in values]

    def _other(self, value: Any, depth: int) -> Encoded:
        kind = type(value)
        late = _LATE_WRITERS.get((kind.__module__, kind.__qualname__))
        if late is not None:
            return late(value)
        if isinstance(value, type):
            name = TYPE_NAMES.get(value)
            return {"ty": name} if name else self._outside(value)
        if (
            isinstance(value, types.BuiltinFunctionType)
            and BUILTIN_FUNCTIONS.get(value.__name__) is value
        ):
            return {"bf": value.__name__}
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return {"nt": [kind.__name__, list(kind._fields), self._items(tuple(value), depth)]}
        numpy = sys.modules.get("numpy")
        if numpy is not None and kind.__module__ == "numpy":
            encoded = _from_numpy(numpy, value) if self._numpy else None
            if encoded is not None:
                return encoded
            if isinstance(value, numpy.generic) and type(value.item()) is not type(value):
                return self.encode(value.item(), depth)
        plain = _plain_form(value)
        return self._outside(value) if plain is None else self.encode(plain, depth)


_BASES: tuple[Any, ...] = (
    int,
    float,
    complex,
    bytes,
    tuple,
    frozenset,
    list,
    set,
    bytearray,
    dict,
)


def _plain_form(value: Any) -> Any:
    """A builtin twin of an instance of a subclass of a builtin, or None."""
    if isinstance(value, UserDict | UserList | UserString):
        return value.data
    if isinstance(value, str):
        return str.__str__(value)  # not what a `__str__` of its own says
    base = next((b for b in _BASES if isinstance(value, b)), None)
    return None if base is None else base(value)


def _numbers(numbers: Iterable[Any]) -> list[Encoded]:
    encoder = Encoder()
    return [encoder.encode(n) for n in numbers]


def _from_numpy(numpy: Any, value: Any) -> Encoded | None:
    if isinstance(value, numpy.ndarray) and type(value) is numpy.ndarray:
        if value.dtype.kind not in "biufcSUmM":
            return None
        data = base64.b64encode(value.tobytes()).decode()
        return {"np": [value.dtype.str, list(value.shape), data]}
    if isinstance(value, numpy.generic) and value.dtype.kind in "biufcSUmM":
        data = base64.b64encode(value.tobytes()).decode()
        return {"ns": [value.dtype.str, data]}
    return None


def _zone(value: Any) -> Encoded:
    offset = value.utcoffset() if value.tzinfo is not None else None
    return None if offset is None else [offset.days, offset.seconds]


_Writer = Callable[[Encoder, Any, int], Encoded]
_WRITERS: dict[type, _Writer] = {
    frozenset: lambda e, v, d: {"fs": e._items(list(v), d)},
    bytes: lambda e, v, d: {"b": base64.b64encode(v).decode()},
    complex: lambda e, v, d: {"c": [v.real, v.imag]},
    range: lambda e, v, d: {"rg": _numbers((v.start, v.stop, v.step))},
    slice: lambda e, v, d: {"sl": [e.encode(x, d + 1) for x in (v.start, v.stop, v.step)]},
    type(Ellipsis): lambda e, v, d: {"k": "Ellipsis"},
    type(NotImplemented): lambda e, v, d: {"k": "NotImplemented"},
    type({}.keys()): lambda e, v, d: {"dk": e._items(list(v), d)},
    type({}.values()): lambda e, v, d: {"dv": e._items(list(v), d)},
    type({}.items()): lambda e, v, d: {"di": e._items(list(v), d)},
}


# Of modules that are not loaded for this alone.
_LATE_WRITERS: dict[tuple[str, str], Callable[[Any], Encoded]] = {
    ("decimal", "Decimal"): lambda v: {"dc": str(v)},
    ("fractions", "Fraction"): lambda v: {"fr": _numbers((v.numerator, v.denominator))},
    ("datetime", "date"): lambda v: {"da": [v.year, v.month, v.day]},
    ("datetime", "time"): lambda v: {
        "tm": [v.hour, v.minute, v.second, v.microsecond, _zone(v), v.fold]
    },
    ("datetime", "datetime"): lambda v: {
        "dt": [*v.timetuple()[:6], v.microsecond, _zone(v), v.fold]
    },
    ("datetime", "timedelta"): lambda v: {"td": [v.days, v.seconds, v.microseconds]},
}


def no_insiders(tag: str, value: Any) -> Any:
    """Refuse every tag that is no plain data."""
    raise MalformedError(f"unknown tag {tag[:20]!r}")


class Decoder:
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


def _read_set(d: Decoder, value: Any, depth: int) -> set[Any]:
    made: set[Any] = d.keep(set())
    made.update(d.items(value, depth))
    return made


def _read_dict(made: Any, d: Decoder, value: Any, depth: int) -> Any:
    d.keep(made)
    for key, item in d.pairs(value, depth):
        made[key] = item
    return made


def _read_deque(d: Decoder, value: Any, depth: int) -> deque[Any]:
    length, items = value
    made: deque[Any] = d.keep(deque(maxlen=None if length is None else count(length)))
    made.extend(d.items(items, depth))
    return made


def _read_bytearray(d: Decoder, value: Any, depth: int) -> bytearray:
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


def _read_exact(d: Decoder, tag: str, value: Any, depth: int) -> Any:
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
    if kind.kind not in "biufcSUmM":
        raise MalformedError("an array of objects")
    made = numpy.frombuffer(bytearray(_bytes(data)), kind).reshape([count(n) for n in shape])
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
    members: dict[str, Any] = {f: property(operator.itemgetter(i)) for i, f in enumerate(fields)}
    shown = ", ".join(f"{f}=%r" for f in fields)
    members |= {
        "__slots__": (),
        "_fields": fields,
        "__repr__": lambda self: name + "(" + shown % tuple(self) + ")",
        "_asdict": lambda self: dict(zip(fields, self, strict=True)),
    }
    return type(name, (tuple,), members)


def _read_named(d: Decoder, value: Any, depth: int) -> Any:
    name, fields, items = value
    if type(name) is not str or not all(type(f) is str for f in fields):
        raise MalformedError("a bad name")
    values = d.items(items, depth)
    if len(values) != len(fields):
        raise MalformedError("fields without values")
    return tuple.__new__(tuple_class(name, tuple(fields)), values)


def _read_range(d: Decoder, value: Any, depth: int) -> range:
    start, stop, step = d.items(value, depth)
    return range(start, stop, step)


def _read_float_pair(value: Any) -> complex:
    real, imaginary = value
    if not all(type(part) in (float, int) for part in value):
        raise MalformedError("a bad complex number")
    return complex(real, imaginary)


_Reader = Callable[[Decoder, Any, int], Any]
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


def replace_contents(target: Any, source: Any) -> None:
    """Make the container `target` hold what `source`, of the same type, holds."""
    if type(target) is not type(source):
        raise MalformedError("a container that changed its type")
    if isinstance(target, list | bytearray):
        target[:] = source
    elif isinstance(target, deque):
        target.clear()
        target.extend(source)
    else:
        target.clear()
        target.update(source)


def snapshot(container: Any) -> Any:
    """A shallow copy to compare with later, by identity of the items."""
    if isinstance(container, dict):
        return list(container.items())
    return bytes(container) if isinstance(container, bytearray) else list(container)


def unchanged(container: Any, before: Any) -> bool:
    """Whether a container still holds the very items of its `snapshot`."""
    now = snapshot(container)
    if isinstance(before, bytes):
        return bool(now == before)
    if len(now) != len(before):
        return False
    if isinstance(container, dict):
        return all(k is i and v is j for (k, v), (i, j) in zip(now, before, strict=True))
    return all(map(operator.is_, now, before))
