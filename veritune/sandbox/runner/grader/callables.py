"""The candidate's functions, iterators, generators and coroutines as proxies."""

from __future__ import annotations

import sys
import types
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from .asking import Asker, attribute

if TYPE_CHECKING:
    import inspect
    from typing import Self

# An endless iterator is the candidate's fault, and would fill the grader's memory.
MAX_ITEMS = 1_000_000
# Items that are fetched singly, since fetching ahead runs code that the tests did not ask for.
ONE_BY_ONE = 32


class Remote:
    """What all of these share: a channel and a number."""

    def __init__(self, channel: Asker, number: int) -> None:
        # Not in the class's body: its `__annotations__` would hide the candidate's.
        self._channel: Asker
        self._number: int
        self.__dict__["_channel"], self.__dict__["_number"] = channel, number

    _veritune_number = property(lambda self: self.__dict__["_number"])

    def __getattr__(self, name: str) -> object:
        return attribute(self._channel, self._number, name)

    def __repr__(self) -> str:
        return str(self._channel.ask("operator", on=self._number, name="__repr__"))

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Remote):
            return self is other
        return bool(self._channel.ask("operator", (other,), on=self._number, name="__eq__"))

    def __hash__(self) -> int:
        return hash(("remote", self._number))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


class RemoteFunction(Remote):
    """A function of the candidate's."""

    def __init__(self, channel: Asker, number: int, name: str) -> None:
        super().__init__(channel, number)
        self.__name__: str
        self.__dict__["__name__"] = name

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self._channel.ask("operator", args, kwargs, on=self._number, name="__call__")

    def __setattr__(self, name: str, value: object) -> None:
        self._channel.ask("set", (value,), on=self._number, name=name)

    def __get__(self, instance: object, owner: object = None) -> object:
        if instance is None:
            return self
        return types.MethodType(self, instance)

    @property
    def __doc__(self) -> object:  # type: ignore[override]
        return attribute(self._channel, self._number, "__doc__")

    @property
    def __module__(self) -> object:  # type: ignore[override]
        return attribute(self._channel, self._number, "__module__")

    @property
    def __signature__(self) -> inspect.Signature:
        return self._channel.signature(self._number)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return types.FunctionType

    @property
    def __code__(self) -> types.CodeType:
        told = cast("list[Any]", self._channel.ask("flags", on=self._number))
        flags, count, alone, named, names = told
        return (lambda: None).__code__.replace(
            co_flags=int(flags),
            co_name=self.__name__,
            co_argcount=int(count),
            co_posonlyargcount=int(alone),
            co_kwonlyargcount=int(named),
            co_varnames=tuple(map(str, names)),
            co_nlocals=len(names),
        )


class RemoteIterator(Remote):
    """An iterator of the candidate's; after a while it is fetched in growing batches."""

    def __init__(self, channel: Asker, number: int) -> None:
        super().__init__(channel, number)
        self._items: list[object] = []
        self._taken, self._ended = 0, False

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__[name] = value

    def __iter__(self) -> RemoteIterator:
        return self

    def __next__(self) -> object:
        if not self._items and not self._ended:
            self._fetch()
        if not self._items:
            raise StopIteration
        return self._items.pop()

    def _fetch(self) -> None:
        count = 1 if self._taken < ONE_BY_ONE else min(1024, self._taken)
        answer = self._channel.ask("next", on=self._number, count=count)
        if type(answer) is not list or len(answer) != 2 or type(answer[0]) is not list:
            self._channel.lose("a malformed batch")
        self._items, self._ended = answer[0][::-1], bool(answer[1]) or not answer[0]
        self._taken += len(self._items)
        if self._taken > MAX_ITEMS:
            self._channel.lose(f"an iterator of more than {MAX_ITEMS} items")


class RemoteGenerator(RemoteIterator):
    """A generator of the candidate's; what it returns ends it here, too."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return types.GeneratorType

    def __next__(self) -> object:
        if self._taken < ONE_BY_ONE and not self._items:
            self._taken += 1
            return self._send("send", None)
        return super().__next__()

    def send(self, value: object) -> object:
        """Resume it with a value."""
        return self._send("send", value)

    def throw(self, *error: object) -> object:
        """Raise something where it stands."""
        return self._send("throw", *error)

    def close(self) -> None:
        """End it."""
        self._channel.ask("method", on=self._number, name="close")

    def _send(self, name: str, *args: object) -> object:
        if self._items:
            self._channel.refuse("the tests send to a generator after many items")
        answer = self._channel.ask("send", args, on=self._number, name=name)
        if type(answer) is not list or len(answer) != 2:
            self._channel.lose("a malformed item")
        if answer[1] is True:
            raise StopIteration(answer[0])
        return answer[0]


async def coroutine(channel: Asker, number: int) -> object:
    """A coroutine of the candidate's, as a real one of this side's."""
    return await _Awaited(channel, number)


class _Awaited:
    """A task over there, which runs while this side waits."""

    def __init__(self, channel: Asker, number: int) -> None:
        self._channel, self._number = channel, number

    def __await__(self) -> Generator[None, object, object]:
        task = cast("int", self._channel.ask("task", on=self._number))
        events = sys.modules.get("asyncio")
        if events is not None and events._get_running_loop() is not None:
            yield  # what is gathered starts together, before any of it is waited for
        while True:
            answer = self._channel.ask("poll", on=task)
            if type(answer) is not list or not answer:
                self._channel.lose("a malformed answer of a task")
            if answer[0] is True:
                return answer[1]
            try:
                yield  # to what else runs here
            except BaseException:
                self._channel.ask("cancel", on=task)
                raise


class RemoteAsyncGenerator(Remote):
    """An async generator of the candidate's."""

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> object:
        return self._channel.ask("operator", on=self._number, name="__anext__")

    def asend(self, value: object) -> object:
        """Resume it with a value."""
        return self._channel.ask("method", (value,), on=self._number, name="asend")

    def athrow(self, *error: object) -> object:
        """Raise something where it stands."""
        return self._channel.ask("method", error, on=self._number, name="athrow")

    def aclose(self) -> object:
        """End it."""
        return self._channel.ask("method", on=self._number, name="aclose")
