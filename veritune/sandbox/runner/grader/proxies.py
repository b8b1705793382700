"""The candidate's functions, classes and objects as a test program meets them: proxies.

A proxy never lets the candidate decide a comparison with plain data: an object of the candidate's
own equals no number, no string and no list, whatever its `__eq__` says, and takes part in no
arithmetic or ordering with them unless the tests themselves asked for its class by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

MAX_ITEMS = 1_000_000
SAFE_DUNDERS = frozenset({"__name__", "__doc__", "__dict__", "__qualname__", "__annotations__"})
_ALONE = """
len int float complex index abs neg pos invert round reversed iter getitem setitem delitem call
enter exit format hash
"""
_BINARY = """
contains lt le gt ge add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor
radd rsub rmul rtruediv
"""
SEES_OPERAND = frozenset(f"__{name}__" for name in _BINARY.split())
# What a class here may be given; its equality, truth and texts are `RemoteObject`'s.
OPERATORS = SEES_OPERAND | {f"__{name}__" for name in _ALONE.split()}


class Asker(Protocol):
    """What a proxy needs of the `Channel` that it came through."""

    def ask(self, op: str, args: tuple[Any, ...] = (), kwargs: Any = None, **rest: Any) -> Any:
        """One request and its answer; raises what the candidate raised."""
        ...

    def lose(self, why: str) -> NoReturn:
        """Give the candidate up for good."""
        ...


def handle_of(value: Any) -> int | None:
    """The number of the candidate's object that a proxy stands for; None for plain data."""
    if isinstance(value, RemoteClass):
        return int(type.__getattribute__(value, "_veritune_class")[1])
    if isinstance(value, RemoteObject):
        return int(object.__getattribute__(value, "_veritune")[1])
    if isinstance(value, RemoteFunction | RemoteIterator | RemoteAwaitable):
        return value._number
    return None


def _attribute(channel: Asker, number: int, name: str) -> Any:
    if name.startswith("__") and name not in SAFE_DUNDERS:
        raise AttributeError(name)
    return channel.ask("attribute", on=number, name=name)


class RemoteFunction:
    """A function of the candidate's."""

    def __init__(self, channel: Asker, number: int, name: str) -> None:
        self._channel, self._number = channel, number
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._channel.ask("operator", args, kwargs, on=self._number, name="__call__")

    def __getattr__(self, name: str) -> Any:
        return _attribute(self._channel, self._number, name)

    def __repr__(self) -> str:
        return f"<function {self.__name__} of the candidate>"


class RemoteIterator:
    """An iterator of the candidate's, fetched in growing batches."""

    def __init__(self, channel: Asker, number: int) -> None:
        self._channel, self._number = channel, number
        self._items: list[Any] = []
        self._batch, self._taken, self._ended = 1, 0, False

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> Any:
        if not self._items and not self._ended:
            self._fetch()
        if not self._items:
            raise StopIteration
        return self._items.pop()

    def _fetch(self) -> None:
        answer = self._channel.ask("next", on=self._number, count=self._batch)
        if type(answer) is not list or len(answer) != 2 or type(answer[0]) is not list:
            self._channel.lose("a malformed batch")
        self._items, self._ended = answer[0][::-1], bool(answer[1]) or not answer[0]
        self._taken += len(self._items)
        self._batch = min(1024, self._batch * 2)
        if self._taken > MAX_ITEMS:
            self._channel.lose(f"an iterator of more than {MAX_ITEMS} items")


class RemoteAwaitable:
    """A coroutine of the candidate's; awaiting it runs it to its end over there."""

    def __init__(self, channel: Asker, number: int) -> None:
        self._channel, self._number = channel, number

    def __await__(self) -> Any:
        return self._channel.ask("await", on=self._number)
        yield  # makes this a generator, as `__await__` must be


class RemoteClass(type):
    """A class of the candidate's: a real class here, without any of its code."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if issubclass(cls, BaseException):
            return type.__call__(cls, *args, **kwargs)
        channel, number = type.__getattribute__(cls, "_veritune_class")
        return channel.ask("operator", args, kwargs, on=number, name="__call__")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_veritune"):
            raise AttributeError(name)
        channel, number = type.__getattribute__(cls, "_veritune_class")
        return _attribute(channel, number, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        channel, number = type.__getattribute__(cls, "_veritune_class")
        channel.ask("set", (value,), on=number, name=name)

    def __iter__(cls) -> Any:
        channel, number = type.__getattribute__(cls, "_veritune_class")
        return channel.ask("operator", on=number, name="__iter__")

    def __getitem__(cls, key: Any) -> Any:
        channel, number = type.__getattribute__(cls, "_veritune_class")
        return channel.ask("operator", (key,), on=number, name="__getitem__")


class RemoteObject:
    """An instance of a class of the candidate's."""

    __slots__ = ("_veritune",)

    def __getattr__(self, name: str) -> Any:
        channel, number = object.__getattribute__(self, "_veritune")
        return _attribute(channel, number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        channel, number = object.__getattribute__(self, "_veritune")
        channel.ask("set", (value,), on=number, name=name)

    def __delattr__(self, name: str) -> None:
        channel, number = object.__getattribute__(self, "_veritune")
        channel.ask("delete", on=number, name=name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, RemoteObject) and _equal(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(object.__getattribute__(self, "_veritune")[1])

    def __bool__(self) -> bool:
        return bool(_operate(self, "__bool__"))

    def __str__(self) -> str:
        return str(_operate(self, "__str__"))

    def __repr__(self) -> str:
        return str(_operate(self, "__repr__"))

    def __reduce_ex__(self, protocol: Any) -> Any:
        channel, _ = object.__getattribute__(self, "_veritune")
        channel.refuse("the tests copy or pickle an object of the candidate's")


def _operate(target: Any, name: str, *args: Any) -> Any:
    channel, number = object.__getattribute__(target, "_veritune")
    return channel.ask("operator", args, on=number, name=name)


def operator_method(name: str) -> Callable[..., Any]:
    """The method that asks the candidate for one of its operators."""

    def operate(self: Any, *args: Any) -> Any:
        if name in SEES_OPERAND and not _may_see(self, name, args):
            return NotImplemented
        if name == "__exit__" and args[0] is AssertionError:
            return False  # a test that has failed is not the candidate's to suppress
        return _operate(self, name, *args)

    def contains(self: Any, item: Any) -> Any:
        if _may_see(self, name, (item,)):
            return _operate(self, name, item)
        return any(item is value or item == value for value in self)

    if name == "__hash__":
        return lambda self: hash(_operate(self, name))
    return contains if name == "__contains__" else operate


def _may_see(target: Any, name: str, operands: tuple[Any, ...]) -> bool:
    """Whether the candidate may be asked to combine its object with these operands.

    An operand may be the expected value. So the tests must have asked for the very class, and,
    where the problem has a reference solution, the class there must define the operator too.
    Without one, a result that a method gives is where a number is expected as often as not.
    """
    if all(handle_of(value) is not None for value in operands):
        return True
    channel, number = object.__getattribute__(target, "_veritune")
    kind = type(target)
    if type.__getattribute__(kind, "_veritune_class")[1] not in channel.asked:
        return False
    if channel.operators is not None:
        return name in channel.operators.get(kind.__name__, ())
    if number in channel.given:
        channel.refuse(
            f"the tests combine what the candidate's {kind.__name__} returned with plain data;"
            f" only a reference solution could say that it has {name}"
        )
    return True


def _equal(left: RemoteObject, right: RemoteObject) -> bool:
    """Equality of two of the candidate's objects is its own business, unless it lies.

    Whoever calls an object equal to a thing it has never seen is not asked any further.
    """
    channel, number = object.__getattribute__(left, "_veritune")
    other = object.__getattribute__(right, "_veritune")[1]
    if not channel.ask("operator", (right,), on=number, name="__eq__"):
        return False
    liar = channel.ask("equals_anything", on=number) or channel.ask("equals_anything", on=other)
    return not liar
