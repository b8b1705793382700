"""The candidate's classes and objects as a test program meets them: proxies.

A proxy never lets the candidate decide a comparison with plain data: an object of the candidate's
own equals no number, no string and no list, whatever its `__eq__` says, and takes part in no
arithmetic or ordering with them unless the tests themselves asked for its class by name. An object
that is a builtin value (a subclass of `int`, `list` ...) is compared by that value, here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn, cast

from .asking import Asker, attribute, class_where, where

if TYPE_CHECKING:
    import inspect
    import types

# Operators that get no value of the tests' beside their object, or one that says nothing.
_ALONE = """
len int float complex index abs neg pos invert round reversed iter getitem setitem delitem call
enter exit format hash next aiter anext aenter aexit await bytes trunc floor ceil fspath copy
deepcopy get length_hint missing
"""
# Operators whose operand may be the expected value: `may_see` decides on each use.
_BINARY = """
contains lt le gt ge add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor
radd rsub rmul rmatmul rtruediv rfloordiv rmod rdivmod rpow rlshift rrshift rand ror rxor
iadd isub imul imatmul itruediv ifloordiv imod ipow ilshift irshift iand ior ixor
"""
SEES_OPERAND = frozenset(f"__{name}__" for name in _BINARY.split())
# What a class here may be given; its equality, truth and texts are `RemoteObject`'s.
OPERATORS = SEES_OPERAND | {f"__{name}__" for name in _ALONE.split()}
# As in x += y; all names of this kind begin with an i, and so does "invert".
IN_PLACE = frozenset(f"__{n}__" for n in _BINARY.split() if n[0] == "i" and n != "invert")


def handle_of(value: object) -> int | None:
    """The number of the candidate's object that a proxy stands for; None for plain data."""
    kind = type(value)
    if issubclass(kind, RemoteClass):
        return class_where(cast("type", value))[1]
    if issubclass(kind, RemoteObject):
        return where(value)[1]
    if kind is Member:
        return cast("Member", value).raw
    number = getattr(kind, "_veritune_number", None)
    return None if number is None else int(number.fget(value))


class RemoteClass(type):
    """A class of the candidate's: a real class here, without any of its code.

    A class that the tests derive from one is made over there, too, with the tests' methods as
    functions that are called back.
    """

    def __new__(
        meta, name: str, bases: tuple[type, ...], space: dict[str, object], **words: object
    ) -> RemoteClass:
        if "_veritune_class" in space:
            return super().__new__(meta, name, bases, space)
        made = super().__new__(meta, name, bases, {**space, "_veritune_class": None})
        channel = next(c for b in bases if isinstance(b, RemoteClass) for c in [class_where(b)[0]])
        channel.derive(made, space)
        return made

    def __call__(cls, *args: object, **kwargs: object) -> object:
        if issubclass(cls, BaseException):
            made = type.__call__(cls, *args)  # its own initialiser runs over there, if at all
            object.__setattr__(made, "_veritune_words", (args, kwargs))
            return made
        channel, number = class_where(cls)
        return channel.ask("operator", args, kwargs, on=number, name="__call__")

    def __getattr__(cls, name: str) -> object:
        if name.startswith("_veritune") or name == "__abstractmethods__":
            raise AttributeError(name)
        channel, number = class_where(cls)
        return attribute(channel, number, name)

    def __setattr__(cls, name: str, value: object) -> None:
        channel, number = class_where(cls)
        held = vars(cls).get(name)
        if isinstance(held, Member) and held.raw is None:  # somebody may want to put it back
            held.raw = cast("int", channel.ask("raw", on=number, name=name))
        channel.ask("set", (value,), on=number, name=name)
        if isinstance(value, Member):
            type.__setattr__(cls, name, value)
        elif name in vars(cls) and not name.startswith("_veritune"):
            type.__delattr__(cls, name)

    def __delattr__(cls, name: str) -> None:
        channel, number = class_where(cls)
        channel.ask("delete", on=number, name=name)

    def __iter__(cls) -> object:
        channel, number = class_where(cls)
        return channel.ask("operator", on=number, name="__iter__")

    def __getitem__(cls, key: object) -> object:
        channel, number = class_where(cls)
        return channel.ask("operator", (key,), on=number, name="__getitem__")

    def __contains__(cls, key: object) -> object:
        channel, number = class_where(cls)
        return channel.ask("operator", (key,), on=number, name="__contains__")

    def __len__(cls) -> int:
        channel, number = class_where(cls)
        return int(cast("int", channel.ask("operator", on=number, name="__len__")))

    def __bool__(cls) -> bool:
        return True

    def __instancecheck__(cls, value: object) -> bool:
        if type.__instancecheck__(cls, value):
            return True
        if not vars(cls).get("_veritune_meta"):
            return False
        channel, number = class_where(cls)
        return bool(channel.ask("isinstance", (value,), on=number))

    def __subclasscheck__(cls, other: object) -> bool:
        if type.__subclasscheck__(cls, cast("type", other)):
            return True
        if not vars(cls).get("_veritune_meta") or not isinstance(other, type):
            return False
        channel, number = class_where(cls)
        return bool(channel.ask("issubclass", (other,), on=number))

    def __or__(cls, other: object) -> types.UnionType:
        return cast("types.UnionType", type.__or__(cls, cast("type", other)))

    def __dir__(cls) -> list[str]:
        channel, number = class_where(cls)
        return cast("list[str]", channel.ask("dir", on=number))

    @property
    def __annotations__(cls) -> object:  # type: ignore[override]
        channel, number = class_where(cls)
        return attribute(channel, number, "__annotations__")

    @property
    def __signature__(cls) -> inspect.Signature:
        channel, number = class_where(cls)
        return channel.signature(number)


class Member:
    """What a class of the candidate's defines under a name, bound as its own would be."""

    def __init__(self, channel: Asker, number: int, name: str, kind: str) -> None:
        self._channel, self._number, self._name, self._kind = channel, number, name, kind
        self.raw: int | None = None

    def __get__(self, instance: object, owner: type) -> object:
        if instance is None or not isinstance(instance, RemoteObject | BaseException):
            return self._channel.ask("attribute", on=class_where(owner)[1], name=self._name)
        first = next(vars(c)[self._name] for c in type(instance).__mro__ if self._name in vars(c))
        if first is not self:  # asked for past a class that overrides it, by `super()`
            return self._channel.ask("member", (instance,), on=self._number, name=self._name)
        if isinstance(instance, BaseException):
            return _of_exception(self._channel, instance, self._name)
        return self._channel.ask("attribute", on=where(instance)[1], name=self._name)

    def __set__(self, instance: object, value: object) -> None:
        if isinstance(instance, BaseException):
            instance.__dict__[self._name] = value
            return
        self._channel.ask("set", (value,), on=where(instance)[1], name=self._name)


def _of_exception(channel: Asker, error: BaseException, name: str) -> object:
    """An attribute of an exception that crossed, or that the tests made here."""
    if name in error.__dict__:
        return error.__dict__[name]
    number = error.__dict__.get("_veritune_on")
    if number is None:
        args, kwargs = error.__dict__.get("_veritune_words", (error.args, {}))
        kind = class_where(type(error))[1]
        made = cast("int", channel.ask("make", args, kwargs, on=kind))
        number = error.__dict__["_veritune_on"] = made
    return attribute(channel, number, name)


class RemoteError:
    """What exceptions of the candidate's have beside those of Python's own classes."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name.startswith("_veritune"):
            raise AttributeError(name)
        error = cast("BaseException", self)
        return _of_exception(class_where(type(self))[0], error, name)

    def __str__(self) -> str:
        error = cast("BaseException", self)
        text = self.__dict__.get("_veritune_text")
        if text is None and "_veritune_words" in self.__dict__:
            _of_exception(class_where(type(self))[0], error, "args")
            channel, number = class_where(type(self))[0], self.__dict__["_veritune_on"]
            text = channel.ask("operator", on=number, name="__str__")
        return BaseException.__str__(error) if text is None else str(text)


class RemoteObject:
    """An instance of a class of the candidate's."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("_veritune"):
            raise AttributeError(name)
        channel, number = where(self)
        return attribute(channel, number, name)

    def __setattr__(self, name: str, value: object) -> None:
        channel, number = where(self)
        channel.ask("set", (value,), on=number, name=name)

    def __delattr__(self, name: str) -> None:
        channel, number = where(self)
        channel.ask("delete", on=number, name=name)

    def __dir__(self) -> list[str]:
        channel, number = where(self)
        return cast("list[str]", channel.ask("dir", on=number))

    def __eq__(self, other: object) -> bool:
        return where(self)[0].equal(self, other)

    def __ne__(self, other: object) -> bool:
        return not where(self)[0].equal(self, other)

    def __hash__(self) -> int:
        return hash(where(self)[1])

    def __bool__(self) -> bool:
        return bool(operate(self, "__bool__"))

    def __str__(self) -> str:
        return str(operate(self, "__str__"))

    def __repr__(self) -> str:
        return str(operate(self, "__repr__"))

    def __copy__(self) -> object:
        return where(self)[0].ask("copy", (self,))

    def __deepcopy__(self, memo: object) -> object:
        return where(self)[0].ask("deepcopy", (self,))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        where(self)[0].refuse("the tests pickle an object of the candidate's")

    @property
    def __dict__(self) -> object:  # type: ignore[override]
        channel, number = where(self)
        return channel.ask("attribute", on=number, name="__dict__")


def operate(target: object, name: str, *args: object, **kwargs: object) -> object:
    """One of an object's operators, over there."""
    channel, number = where(target)
    return channel.ask("operator", args, kwargs, on=number, name=name)


def operator_method(name: str) -> Callable[..., object]:
    """The method that asks the candidate for one of its operators."""

    def method(self: object, *args: object, **kwargs: object) -> object:
        if name in SEES_OPERAND and not may_see(self, name, args):
            return NotImplemented
        if name in ("__exit__", "__aexit__") and args and args[0] is AssertionError:
            return _unsuppressed(name)  # a test that has failed is not the candidate's to suppress
        result = operate(self, name, *args, **kwargs)
        if name in SEES_OPERAND and handle_of(args[0]) is None and _is_doubtful(self):
            where(self)[0].doubt_combination(self, name, args[0], result)
        return result

    def contains(self: object, item: object) -> object:
        if may_see(self, name, (item,)):
            return operate(self, name, item)
        items = cast("Iterable[object]", self)
        return any(item is value or item == value for value in items)

    if name == "__hash__":
        return lambda self: hash(operate(self, name))
    return contains if name == "__contains__" else method


def _unsuppressed(name: str) -> object:
    async def ended() -> bool:
        return False

    return ended() if name == "__aexit__" else False


def may_see(target: object, name: str, operands: tuple[object, ...]) -> bool:
    """Whether the candidate may be asked to combine its object with these operands.

    An operand may be the expected value. So the tests must have asked for the very class, and,
    where the problem has a reference solution, the class there must define the operator too.
    Without one, a result that a method gives is where a number is expected as often as not: then
    what it gives for other operands is looked at, too, and the verdict is at lower trust.
    """
    if all(handle_of(value) is not None for value in operands):
        return True
    channel, _ = where(target)
    kind = type(target)
    if not any(class_where(c)[1] in channel.asked for c in kind.__mro__ if type(c) is RemoteClass
               and "_veritune_class" in vars(c)):  # fmt: skip
        return False
    if channel.has_reference:
        own = channel.reference_class(kind.__name__)
        return getattr(own, name, None) not in (None, getattr(object, name, None))
    return True


def _is_doubtful(target: object) -> bool:
    """Whether an object that the tests did not make stands where plain data may be expected."""
    channel, number = where(target)
    return number in channel.given and not channel.has_reference
