"""From JSON data to values of exact builtin types, whatever the sender was."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from .codec import (
    BUILTIN_FUNCTIONS,
    MAX_DEPTH,
    PLAIN_TYPES,
    SCALARS,
    MalformedError,
)
from .simple import (
    address_of,
    alias_of,
    array_of,
    bytes_of,
    complex_of,
    count,
    datetime_of,
    integer_of,
    numpy_of,
    parts,
    path_of,
    text_of,
    tuple_class,
    union_of,
    zone_of,
)

if TYPE_CHECKING:
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
        return numpy_of(value)

    def subclass(self, value: Encoded, depth: int) -> object:
        """A builtin value that is an object of the other side's, too."""
        number, kind, plain = parts(value)
        made = self.decode(plain, depth + 1)
        return self._inside("sv", cast("Encoded", [number, kind, made]))

    def known(self, number: Encoded) -> object:
        """A container of this side's own that the other side names."""
        return self._known[count(number)]


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
    return d.keep(bytearray(bytes_of(value)))


def _read_factory(d: ValueDecoder, value: Encoded, depth: int) -> Callable[[], object] | None:
    """What a defaultdict makes its values by: a plain type, or a function of the other side's."""
    found = PLAIN_TYPES[value] if type(value) is str else d.decode(value, depth + 1)
    if found is None or callable(found):
        return found
    raise MalformedError("a factory that cannot be called")


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


def _read_named(d: ValueDecoder, value: Encoded, depth: int) -> object:
    name, given, items = parts(value)
    fields = tuple(map(text_of, parts(given)))
    values = d.items(items, depth)
    if len(values) != len(fields):
        raise MalformedError("fields without values")
    return tuple.__new__(tuple_class(text_of(name), fields), values)


def _read_range(d: ValueDecoder, value: Encoded, depth: int) -> range:
    start, stop, step = (n for n in d.items(value, depth) if isinstance(n, int))
    return range(start, stop, step)


def _read_scalar(d: ValueDecoder, value: Encoded) -> object:
    dtype, data = parts(value)
    return d.array([dtype, [], data])[()]


def _read_items(d: ValueDecoder, value: Encoded, depth: int) -> object:
    return dict(pair for pair in d.items(value, depth) if isinstance(pair, tuple)).items()


# A reader for every tag that is plain data; all others are handles of one of the sides.
_READERS: dict[str, _Reader] = {
    "i": lambda d, v, n: integer_of(v),
    "t": lambda d, v, n: tuple(d.items(v, n)),
    "s": _read_set,
    "fs": lambda d, v, n: frozenset(d.items(v, n)),
    "d": lambda d, v, n: _read_dict({}, d, v, n),
    "od": lambda d, v, n: _read_dict(OrderedDict(), d, v, n),
    "ct": lambda d, v, n: _read_dict(cast("dict[object, object]", Counter()), d, v, n),
    "dd": _read_default,
    "dq": _read_deque,
    "ba": _read_bytearray,
    "b": lambda d, v, n: bytes_of(v),
    "c": lambda d, v, n: complex_of(v),
    "rg": _read_range,
    "sl": lambda d, v, n: slice(*d.items(v, n)),
    "dc": lambda d, v, n: _read_exact(d, "dc", v, n),
    "fr": lambda d, v, n: _read_exact(d, "fr", v, n),
    "da": lambda d, v, n: datetime_of("da", v),
    "tm": lambda d, v, n: datetime_of("tm", v),
    "dt": lambda d, v, n: datetime_of("dt", v),
    "td": lambda d, v, n: datetime_of("td", v),
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
    "mv": lambda d, v, n: memoryview(bytes_of(v)),
    "ar": lambda d, v, n: array_of(v),
    "tz": lambda d, v, n: zone_of(v),
    "zi": lambda d, v, n: zone_of(v if type(v) is str else [0]),
    "pa": lambda d, v, n: path_of(v),
    "ip": lambda d, v, n: address_of(v),
    "uu": _read_uuid,
    "ga": lambda d, v, n: alias_of(d.decode(parts(v)[0], n + 1), d.items(parts(v)[1], n)),
    "un": lambda d, v, n: union_of(d.items(v, n)),
    "r": lambda d, v, n: d.made[count(v)],
    "a": lambda d, v, n: d.known(v),
}
