"""The judge's side of a candidate: proxies, and the channel that they ask through.

A proxy never lets the candidate decide a comparison with plain data: an object of the candidate's
own equals no number, no string and no list, whatever its `__eq__` says, and takes part in no
arithmetic or ordering with them unless the tests themselves asked for its class by name.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from . import codec, wire
from .names import TESTS

MAX_HANDLES = 100_000
MAX_FRAMES = 2_000_000
EXCEPTIONS: dict[str, type[BaseException]] = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# These would end a test, or a loop in it, as if it had come to its end.
ENDINGS = (StopIteration, StopAsyncIteration, GeneratorExit, KeyboardInterrupt)
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


class LostError(BaseException):
    """The candidate is gone, or broke the protocol: no test that needs it can pass any more."""


class UnsupportedError(BaseException):
    """A value that cannot cross to the candidate; says nothing about the candidate."""


class Channel:
    """Sends requests, takes strictly checked answers. Once lost, it stays lost.

    `asked`: handles of the classes that the tests named; `operators`: what each class of the
    reference solution defines, where there is one; `given`: handles of objects that the tests did
    not make themselves.
    """

    def __init__(self, fd: int, *, numpy: bool) -> None:
        self._fd = fd
        self._numpy = numpy
        self._next_id = 0
        self._proxies: dict[int, Any] = {}
        self._callbacks: list[Callable[..., Any]] = []
        self.asked: set[int] = set()
        self.given: set[int] = set()
        self.operators: dict[str, set[str]] | None = None
        self.work = 0
        self.changed = False
        self._frames = 0
        self.lost = ""
        self.unsupported = ""
        self.raised: BaseException | None = None
        self.raised_text = ""

    def loaded(self) -> BaseException | None:
        """Wait for the candidate to load; the exception that it raised, if it did."""
        frame = self._receive()
        if frame.get("id") != 0 or not {"ok", "exc"} & set(frame):
            self.lose("its first frame is no report of how it loaded")
        try:
            return self._error(frame["exc"]) if "exc" in frame else None
        except Exception as problem:
            self.lose(f"a malformed report of how it loaded: {problem}"[:300])

    def ask(self, op: str, args: tuple[Any, ...] = (), kwargs: Any = None, **rest: Any) -> Any:
        """One request and its answer; raises what the candidate raised."""
        if self.lost:
            raise LostError(self.lost)
        self.work += op not in ("name", "describe")
        encoder = codec.Encoder(self._outside, numpy=self._numpy)
        self._next_id += 1
        number = self._next_id
        try:
            rest["args"] = [encoder.encode(a) for a in args]
            rest["kwargs"] = {k: encoder.encode(v) for k, v in (kwargs or {}).items()}
        except (TypeError, codec.TooDeepError) as error:
            self.refuse(str(error))
        self._send({"id": number, "op": op, **rest})
        while "call" in (frame := self._receive()):
            self._call_back(frame)
        if frame.get("id") != number:
            self.lose("an answer to no question")
        making = self._makes(rest.get("on"), rest.get("name"))
        return self._outcome(frame, encoder.kept, self._object_made if making else self._inside)

    def _makes(self, on: int | None, name: str | None) -> bool:
        """Whether a request has the tests make an object: by a class's name, or an operator."""
        if name == "__call__":
            return on in self.asked
        return name in SEES_OPERAND and on not in self.given

    def lose(self, why: str) -> NoReturn:
        """Give the candidate up for good."""
        self.lost = self.lost or why
        raise LostError(self.lost)

    def refuse(self, why: str) -> NoReturn:
        """Give the test up: it needs what cannot cross."""
        self.unsupported = self.unsupported or why
        raise UnsupportedError(self.unsupported)

    def _outcome(
        self, frame: dict[str, Any], sent: list[Any], inside: Callable[[str, Any], Any]
    ) -> Any:
        try:
            decoder = codec.Decoder(inside, sent, numpy=self._numpy)
            result = decoder.decode(frame["ok"]) if "ok" in frame else None
            error = None if "ok" in frame else self._error(frame["exc"])
            self._take_changes(frame.get("changed", []), decoder, sent)
        except Exception as problem:
            self.lose(f"a malformed answer: {problem}"[:300])
        if error is not None:
            raise error
        return result

    def _take_changes(self, changes: Any, decoder: codec.Decoder, sent: list[Any]) -> None:
        if type(changes) is not list:
            raise codec.MalformedError("changes that are no list")
        for number, content in changes:
            if type(number) is not int or not 0 <= number < len(sent):
                raise codec.MalformedError("a change of no argument")
            self.changed = True
            codec.replace_contents(sent[number], decoder.decode(content))

    def _error(self, data: Any) -> BaseException:
        own, builtin, args, text, line = data
        known = EXCEPTIONS.get(builtin, RuntimeError)
        kind = known if own is None else self._class(own, known)
        values = tuple(codec.Decoder().decode(a) for a in args)
        # A class may descend from another exception than the one that it is said to be.
        if issubclass(kind, ENDINGS):
            kind, values = RuntimeError, (f"{builtin}: {text}",)
        if not issubclass(kind, BaseException) or issubclass(kind, BaseExceptionGroup):
            kind, values = RuntimeError, (f"{kind.__name__}: {text}",)
        try:
            error: BaseException = kind(*values)
        except Exception:
            error = kind.__new__(kind)
        error.args = values
        self.raised = error
        self.raised_text = f"{kind.__name__}: {text}"[:500]
        if type(line) is int:
            self.raised_text += f" (line {line} of the program)"
        return error

    def _call_back(self, frame: dict[str, Any]) -> None:
        self._count()
        try:
            decoder = codec.Decoder(self._inside, numpy=self._numpy)
            function = self._callbacks[codec.count(frame["call"])]
            args = [decoder.decode(a) for a in frame["args"]]
            kwargs = {str(k): decoder.decode(v) for k, v in frame["kwargs"].items()}
        except Exception as problem:
            self.lose(f"a malformed call: {problem}"[:300])
        try:
            encoder = codec.Encoder(self._outside, numpy=self._numpy)
            reply: dict[str, Any] = {"ok": encoder.encode(function(*args, **kwargs))}
        except Exception as error:
            name = next(c.__name__ for c in type(error).__mro__ if c.__name__ in EXCEPTIONS)
            reply = {"exc": [name, str(error)[:500]]}
        self._send(reply)

    def _outside(self, value: Any) -> Any:
        handle = handle_of(value)
        if handle is not None:
            return {"h": handle}
        if isinstance(value, types.FunctionType) and value.__module__ == TESTS:
            self._callbacks.append(value)
            return {"cb": len(self._callbacks) - 1}
        own_type = isinstance(value, type) and getattr(builtins, value.__name__, None) is value
        if own_type or isinstance(value, types.FunctionType | types.BuiltinFunctionType):
            # A library's function is looked up over there: called here, on what the candidate
            # passes it, it might do anything.
            return {"lf": [str(value.__module__), value.__qualname__]}
        if isinstance(value, Iterator):
            encoder = codec.Encoder(self._outside, numpy=self._numpy)
            return {"it": [encoder.encode(v) for v in _limited(value, self)]}
        self.refuse(f"the tests pass a {type(value).__name__}, which cannot cross to the candidate")

    def _inside(self, tag: str, value: Any) -> Any:
        if tag == "fn":
            number, name = value
            return self._proxy(number, lambda: RemoteFunction(self, number, str(name)[:200]))
        if tag == "cl":
            return self._class(value, None)
        if tag == "ob":
            found = self._object_made(tag, value)
            self.given.add(value[0])
            return found
        if tag == "it":
            number, generator = value
            return self._proxy(number, lambda: _iterator(self, number, bool(generator)))
        if tag == "co":
            return self._proxy(value, lambda: RemoteAwaitable(self, value))
        if tag == "ex":
            return self._error(value)
        return codec.no_insiders(tag, value)

    def _object_made(self, tag: str, value: Any) -> Any:
        """As `_inside`; an object is one that the tests made."""
        if tag != "ob":
            return self._inside(tag, value)
        number, kind = value
        return self._proxy(number, lambda: self._object(number, kind))

    def _object(self, number: int, kind: Any) -> Any:
        made = object.__new__(self._class(kind, None))
        object.__setattr__(made, "_veritune", (self, number))
        return made

    def _class(self, number: Any, exception: type[BaseException] | None) -> Any:
        return self._proxy(number, lambda: self._describe(number, exception))

    def _describe(self, number: int, exception: type[BaseException] | None) -> Any:
        name, bases, operators, builtin = self.ask("describe", on=number)
        known = exception or EXCEPTIONS.get(builtin)
        parents: tuple[type, ...] = tuple(b for b in bases if isinstance(b, RemoteClass))
        allowed = [n for n in operators if n in OPERATORS] if known is None else []
        members: dict[str, Any] = {n: _operator(n) for n in allowed}
        if "__hash__" not in allowed and "__eq__" in operators and known is None:
            members["__hash__"] = None
        if known and not any(issubclass(p, BaseException) for p in parents):
            parents = (*parents, known)
        if not known:
            members["__slots__"] = ()
        made = RemoteClass(str(name)[:200], parents or (RemoteObject,), members)
        type.__setattr__(made, "_veritune_class", (self, number))
        return made

    def _proxy(self, number: Any, make: Callable[[], Any]) -> Any:
        if type(number) is not int or not 0 <= number < MAX_HANDLES:
            raise codec.MalformedError("a bad handle")
        if number not in self._proxies:
            self._proxies[number] = make()
        return self._proxies[number]

    def _count(self) -> None:
        self._frames += 1
        if self._frames > MAX_FRAMES:
            self.lose(f"more than {MAX_FRAMES} frames")

    def _send(self, frame: dict[str, Any]) -> None:
        self._count()
        try:
            wire.write(self._fd, wire.dumps(frame))
        except OSError:
            self.lose("its process has ended")

    def _receive(self) -> dict[str, Any]:
        try:
            data = wire.read(self._fd, wire.MAX_FRAME)
            frame = None if data is None else wire.loads(data)
        except (wire.BrokenFrameError, MemoryError) as problem:
            self.lose(str(problem) or "an answer that takes too much memory")
        except OSError:
            self.lose("its process has ended")
        if frame is None:
            self.lose("its process has ended")
        if not isinstance(frame, dict):
            self.lose("a frame that is no object")
        return frame


def handle_of(value: Any) -> int | None:
    """The number of the candidate's object that a proxy stands for; None for plain data."""
    if isinstance(value, RemoteClass):
        return int(type.__getattribute__(value, "_veritune_class")[1])
    if isinstance(value, RemoteObject):
        return int(object.__getattribute__(value, "_veritune")[1])
    if isinstance(value, RemoteFunction | RemoteIterator | RemoteAwaitable):
        return value._number
    return None


def _limited(values: Iterator[Any], channel: Channel) -> Iterator[Any]:
    for count, value in enumerate(values):
        if count >= codec.MAX_ITEMS:
            channel.refuse("the tests pass an iterator without an end")
        yield value


def _attribute(channel: Channel, number: int, name: str) -> Any:
    if name.startswith("__") and name not in SAFE_DUNDERS:
        raise AttributeError(name)
    return channel.ask("attribute", on=number, name=name)


class RemoteFunction:
    """A function of the candidate's."""

    def __init__(self, channel: Channel, number: int, name: str) -> None:
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

    def __init__(self, channel: Channel, number: int) -> None:
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
        if self._taken > codec.MAX_ITEMS:
            self._channel.lose(f"an iterator of more than {codec.MAX_ITEMS} items")


def _iterator(channel: Channel, number: int, generator: bool) -> Any:
    remote = RemoteIterator(channel, number)
    return (item for item in remote) if generator else remote


class RemoteAwaitable:
    """A coroutine of the candidate's; awaiting it runs it to its end over there."""

    def __init__(self, channel: Channel, number: int) -> None:
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


def _operator(name: str) -> Callable[..., Any]:
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
