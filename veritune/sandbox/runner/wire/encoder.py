"""From values to the codec's JSON data, on whichever side the values are."""

from __future__ import annotations

import sys
import types
from collections import Counter, OrderedDict, UserDict, UserList, UserString, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .codec import ARRAY_KINDS, BUILTIN_FUNCTIONS, MAX_DEPTH, PLAIN_TYPES, SCALARS

if TYPE_CHECKING:
    import datetime

    from .messages import Encoded

    # Each is called with values of its own type alone: what finds it is that type.
    _Writer = Callable[["Encoder", Any, int], Encoded]
    _LateWriter = Callable[[Any], Encoded]

# Larger ones are sent in hexadecimal: decimal digits cost quadratic time to write and read.
SMALL_INT = 1 << 63
# By exact type; what a program does to one of these must be seen on the other side.
MUTABLE: tuple[type, ...] = (list, dict, set, bytearray, deque, OrderedDict, defaultdict, Counter)
TYPE_NAMES: dict[object, str] = {value: name for name, value in PLAIN_TYPES.items()}


class TooDeepError(ValueError):
    """A value nested deeper than `MAX_DEPTH`."""


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
        subclass: Callable[[object, Encoded], Encoded] = lambda value, plain: None,
        early: Callable[[object], Encoded] = lambda value: None,
    ) -> None:
        """`early` has the first word on what is no exact builtin, `subclass` on heirs of one."""
        self._outside, self._early = outside, early
        self._subclass = subclass
        self._numpy = numpy
        self._seen: dict[int, Encoded] = dict(known or {})
        self._count = 0
        self.kept: list[object] = []

    def encode(self, value: Any, depth: int = 0) -> Encoded:
        """The JSON data of one value."""
        kind = type(value)
        if kind in SCALARS:
            scalar: Encoded = value
            return scalar
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

    def contents(self, value: object) -> Encoded:
        """As `encode` for a container, even where the other side knows it: its new contents."""
        self._count += 1
        return self._contents(value, 0)

    def _container(self, value: object, depth: int) -> Encoded:
        known = self._seen.get(id(value))
        if known is not None:
            return known
        self._seen[id(value)] = {"r": self._count}
        self._count += 1
        self.kept.append(value)
        return self._contents(value, depth)

    def _contents(self, value: object, depth: int) -> Encoded:
        if isinstance(value, list):
            return self._items(value, depth)
        if isinstance(value, bytearray):
            return {"ba": value.hex()}
        if isinstance(value, deque):
            return {"dq": [value.maxlen, self._items(list(value), depth)]}
        if isinstance(value, set):
            return {"s": self._items(list(value), depth)}
        assert isinstance(value, dict)
        pairs: list[Encoded] = [
            [self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()
        ]
        if isinstance(value, defaultdict):
            made = value.default_factory
            factory = TYPE_NAMES.get(made) or (None if made is None else self.encode(made))
            return {"dd": [factory, pairs]}
        kind = type(value)
        tag = "d" if kind is dict else "od" if kind is OrderedDict else "ct"
        return {tag: pairs}

    def _items(self, values: Sequence[Any], depth: int) -> list[Encoded]:
        kinds = set(map(type, values))
        if kinds <= SCALARS:
            return list(values)
        if kinds == {int} and min(values) >= -SMALL_INT and max(values) < SMALL_INT:
            return list(values)
        return [self.encode(v, depth + 1) for v in values]

    def _other(self, value: object, depth: int) -> Encoded:
        kind: type = type(value)
        if (own := self._early(value)) is not None:
            return own
        if kind is types.FunctionType:  # most answers to a name, and none of what follows
            return self._outside(value)
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
        fields = getattr(kind, "_fields", None)
        if isinstance(value, tuple) and fields is not None:
            items = self._items(tuple(value), depth)
            twin: Encoded = {"nt": [kind.__name__, list(fields), items]}
            return self._subclass(value, twin) or twin
        numpy = sys.modules.get("numpy")
        if numpy is not None and kind.__module__ == "numpy":
            encoded = _from_numpy(numpy, value) if self._numpy else None
            if encoded is not None:
                return encoded
            if isinstance(value, numpy.generic) and type(value.item()) is not type(value):
                return self.encode(value.item(), depth)
        plain = plain_form(value)
        if plain is None:
            return self._outside(value)
        encoded = self.encode(plain, depth)
        return self._subclass(value, encoded) or encoded


# `bool` is an `int`, and `OrderedDict` a `dict`: exact types were looked for before.
_BASES: tuple[type, ...] = (
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


def plain_form(value: object) -> object:
    """A builtin twin of an instance of a subclass of a builtin, or None."""
    if isinstance(value, UserDict | UserList | UserString):
        return value.data
    if isinstance(value, str):
        return str.__str__(value)  # not what a `__str__` of its own says
    base = next((b for b in _BASES if isinstance(value, b)), None)
    return None if base is None else base(value)


def _numbers(numbers: Iterable[object]) -> list[Encoded]:
    encoder = Encoder()
    return [encoder.encode(n) for n in numbers]


def _from_numpy(numpy: types.ModuleType, value: Any) -> Encoded | None:
    array = type(value) is numpy.ndarray
    if not (array or isinstance(value, numpy.generic)) or value.dtype.kind not in ARRAY_KINDS:
        return None
    data = value.tobytes().hex()
    if array:
        return {"np": [value.dtype.str, list(value.shape), data]}
    return {"ns": [value.dtype.str, data]}


def _zone_parts(value: datetime.timezone) -> Encoded:
    offset = value.utcoffset(None)
    return [offset.days, offset.seconds]


def _zone(value: datetime.time | datetime.datetime) -> Encoded:
    zone = value.tzinfo
    is_named = type(zone).__module__ == "zoneinfo" and type(zone).__name__ == "ZoneInfo"
    if is_named and (key := getattr(zone, "key", None)):
        return str(key)
    offset = value.utcoffset() if value.tzinfo is not None else None
    return None if offset is None else [offset.days, offset.seconds]


# By exact type, so that no class of a candidate's ever chooses how it is written.
_WRITERS: dict[type, _Writer] = {
    frozenset: lambda e, v, d: {"fs": e._items(list(v), d)},
    bytes: lambda e, v, d: {"b": bytes(v).hex()},
    complex: lambda e, v, d: {"c": [v.real, v.imag]},
    range: lambda e, v, d: {"rg": _numbers((v.start, v.stop, v.step))},
    slice: lambda e, v, d: {"sl": [e.encode(x, d + 1) for x in (v.start, v.stop, v.step)]},
    type(Ellipsis): lambda e, v, d: {"k": "Ellipsis"},
    type(NotImplemented): lambda e, v, d: {"k": "NotImplemented"},
    types.MappingProxyType: lambda e, v, d: e.encode(dict(v), d),
    memoryview: lambda e, v, d: {"mv": bytes(v).hex()},
    type({}.keys()): lambda e, v, d: {"dk": e._items(list(v), d)},
    type({}.values()): lambda e, v, d: {"dv": e._items(list(v), d)},
    type({}.items()): lambda e, v, d: {"di": e._items(list(v), d)},
    types.GenericAlias: lambda e, v, d: {
        "ga": [e.encode(v.__origin__, d + 1), e._items(v.__args__, d)]
    },
    types.UnionType: lambda e, v, d: {"un": e._items(v.__args__, d)},
}


# Of modules that are not loaded for this alone.
_LATE_WRITERS: dict[tuple[str, str], _LateWriter] = {
    ("decimal", "Decimal"): lambda v: {"dc": str(v)},
    ("fractions", "Fraction"): lambda v: {"fr": _numbers((v.numerator, v.denominator))},
    ("datetime", "date"): lambda v: {"da": [v.year, v.month, v.day]},
    ("datetime", "time"): lambda v: {
        "tm": [v.hour, v.minute, v.second, v.microsecond, _zone(v), v.fold]
    },
    ("datetime", "datetime"): lambda v: {
        "dt": [*v.timetuple()[:6], v.microsecond, _zone(v), v.fold]
    },
    ("datetime", "timezone"): lambda v: {"tz": _zone_parts(v)},
    ("zoneinfo", "ZoneInfo"): lambda v: {"zi": str(v.key)},
    ("pathlib", "PosixPath"): lambda v: {"pa": ["PosixPath", str(v)]},
    ("pathlib", "PurePosixPath"): lambda v: {"pa": ["PurePosixPath", str(v)]},
    ("pathlib", "PureWindowsPath"): lambda v: {"pa": ["PureWindowsPath", str(v)]},
    ("array", "array"): lambda v: {"ar": [v.typecode, v.tobytes().hex()]},
    ("uuid", "UUID"): lambda v: {"uu": v.int},
    **{
        ("ipaddress", f"IPv{n}{kind}"): lambda v: {"ip": [type(v).__name__, str(v)]}
        for n in (4, 6)
        for kind in ("Address", "Network", "Interface")
    },
    ("datetime", "timedelta"): lambda v: {"td": [v.days, v.seconds, v.microseconds]},
}
