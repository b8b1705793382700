"""What the tests pass by reference, as the candidate meets it: functions and objects of theirs."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

Call = Callable[[dict[str, Any]], Any]


def function(call: Call, number: int, name: str, is_async: bool) -> Callable[..., Any]:
    """A function of the tests'. It is a real one here, so that it binds as a method does."""

    def passed(*args: Any, **kwargs: Any) -> Any:
        return call({"call": number, "args": args, "kwargs": kwargs})

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await call({"call": number, "args": args, "kwargs": kwargs})

    made = awaited if is_async else passed
    made.__name__ = made.__qualname__ = name
    return made


class Awaited:
    """A coroutine of the tests', run to its end over there when it is awaited."""

    def __init__(self, call: Call, number: int) -> None:
        self._call, self._number = call, number

    def __await__(self) -> Any:
        return self._call({"call": self._number, "op": "await", "args": (), "kwargs": {}})
        yield  # makes this a generator, as `__await__` must be


def object_of(call: Call, number: int, operators: list[str], builtin: str) -> Any:
    """An object of the tests': what it does is done over there."""

    def get(self: Any, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return call({"call": number, "op": "attribute", "args": (name,), "kwargs": {}})

    def put(self: Any, name: str, value: Any) -> None:
        call({"call": number, "op": "set", "args": (name, value), "kwargs": {}})

    def operate(op: str) -> Callable[..., Any]:
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            found = call({"call": number, "op": op, "args": args, "kwargs": kwargs})
            return NotImplemented if found is NotImplemented else found

        return method

    members: dict[str, Any] = {op: operate(op) for op in operators}
    members |= {"__getattr__": get, "__setattr__": put, "_veritune_passed": number}
    base = getattr(builtins, builtin, object)
    bases = (base,) if isinstance(base, type) and issubclass(base, BaseException) else ()
    return type("Passed", bases, members)()
