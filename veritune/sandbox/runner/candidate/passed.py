"""What the tests pass by reference, as the candidate meets it: functions and objects of theirs."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..wire import messages

    Call = Callable[[messages.Call], object]


# Whether the candidate looks at a function's code, so that it must have the very parameters.
exact = False
_MISSING = object()


def _exactly(
    call: Callable[..., object], words: list[tuple[str, int, bool]]
) -> Callable[..., object] | None:
    """A function with these parameters that calls another with what it was given."""
    if not all(name.isidentifier() for name, _, _ in words):
        return None
    parts: list[str] = []
    kinds = [kind for _, kind, _ in words]
    for at, (name, kind, has_default) in enumerate(words):
        if kind == 3 and 2 not in kinds and 3 not in kinds[:at]:
            parts.append("*")
        star = {2: "*", 4: "**"}.get(kind, "")
        parts.append(f"{star}{name}" + ("=_missing" if has_default else ""))
        if kind == 0 and (at + 1 == len(kinds) or kinds[at + 1] != 0):
            parts.append("/")
    body = ", ".join(repr(name) for name, _, _ in words)
    text = f"def made({', '.join(parts)}): return _pass(locals(), ({body},))"

    def given(values: dict[str, object], names: tuple[str, ...]) -> object:
        args: list[object] = []
        kwargs: dict[str, object] = {}
        rest: tuple[object, ...] = ()
        for name, kind, _ in words:
            value = values[name]
            if kind == 2:
                rest = cast("tuple[object, ...]", value)
            elif kind == 4:
                kwargs |= cast("dict[str, object]", value)
            elif value is not _MISSING and kind < 3 and len(args) == names.index(name):
                args.append(value)
            elif value is not _MISSING:
                kwargs[name] = value
        return call(*args, *rest, **kwargs)

    space: dict[str, object] = {"_missing": _MISSING, "_pass": given}
    exec(text, space)
    return cast("Callable[..., object]", space["made"])


def function(
    call: Call,
    number: int,
    name: str,
    is_async: bool,
    doc: str | None,
    words: list[tuple[str, int, bool]],
) -> Callable[..., object]:
    """A function of the tests'. It is a real one here, so that it binds as a method does."""

    def passed(*args: object, **kwargs: object) -> object:
        return call({"call": number, "args": args, "kwargs": kwargs})

    async def awaited(*args: object, **kwargs: object) -> object:
        found = call({"call": number, "args": args, "kwargs": kwargs})
        return await cast("Awaitable[object]", found)

    made = awaited if is_async else passed
    if exact and words and not is_async:
        made = _exactly(passed, words) or made
    made.__name__ = made.__qualname__ = name
    made.__doc__ = doc
    if words and "inspect" in sys.modules:
        inspect = sys.modules["inspect"]
        empty = inspect.Parameter.empty
        kinds = [inspect.Parameter(n, k, default=... if d else empty) for n, k, d in words]
        setattr(made, "__signature__", inspect.Signature(kinds))  # noqa: B010
    return made


def exception_class(number: int, name: str, base: str) -> type[BaseException]:
    """An exception class of the tests'."""
    kind: type[BaseException] = getattr(builtins, base, Exception)
    made: type[BaseException] = type(name, (kind,), {"_veritune_passed": number})
    return made


class _Kind(type):
    """The class of the tests' classes: what is asked of one is done over there."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        call, number = cls.__dict__["_veritune_call"].__func__, cls.__dict__["_veritune_number"]
        return call({"call": number, "args": args, "kwargs": kwargs})

    def __instancecheck__(cls, value: object) -> bool:
        call, number = cls.__dict__["_veritune_call"].__func__, cls.__dict__["_veritune_number"]
        return bool(call({"call": number, "op": "isinstance", "args": (value,), "kwargs": {}}))

    def __getattr__(cls, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        call, number = cls.__dict__["_veritune_call"].__func__, cls.__dict__["_veritune_number"]
        return call({"call": number, "op": "attribute", "args": (name,), "kwargs": {}})


def class_of(call: Call, number: int, name: str) -> type:
    """A class of the tests'."""
    return _Kind(name, (), {"_veritune_call": staticmethod(call), "_veritune_number": number})


class Awaited:
    """A coroutine of the tests', run to its end over there when it is awaited."""

    def __init__(self, call: Call, number: int) -> None:
        self._call, self._number = call, number

    def __await__(self) -> Generator[object, object, object]:
        found = self._call({"call": self._number, "op": "await", "args": (), "kwargs": {}})
        yield from ()  # makes this a generator, as `__await__` must be
        return found


def object_of(call: Call, number: int, operators: list[str], builtin: str) -> object:
    """An object of the tests': what it does is done over there."""

    def get(self: object, name: str) -> object:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return call({"call": number, "op": "attribute", "args": (name,), "kwargs": {}})

    def put(self: object, name: str, value: object) -> None:
        call({"call": number, "op": "set", "args": (name, value), "kwargs": {}})

    def operate(op: str) -> Callable[..., object]:
        def method(self: object, *args: object, **kwargs: object) -> object:
            found = call({"call": number, "op": op, "args": args, "kwargs": kwargs})
            return NotImplemented if found is NotImplemented else found

        return method

    members: dict[str, object] = {op: operate(op) for op in operators}
    members |= {"__getattr__": get, "__setattr__": put, "_veritune_passed": number}
    base = getattr(builtins, builtin, object)
    bases = (base,) if isinstance(base, type) and issubclass(base, BaseException) else ()
    return type("Passed", bases, members)()
