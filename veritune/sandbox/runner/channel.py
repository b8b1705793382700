"""The grader's end of the channel to a candidate: what it asks, and how it takes the answers."""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from . import codec, wire
from .decoder import ValueDecoder, count, no_insiders
from .encoder import Encoder, TooDeepError
from .names import TESTS
from .proxies import (
    MAX_ITEMS,
    OPERATORS,
    SEES_OPERAND,
    RemoteAwaitable,
    RemoteClass,
    RemoteFunction,
    RemoteIterator,
    RemoteObject,
    handle_of,
    operator_method,
)

MAX_HANDLES = 100_000
MAX_FRAMES = 2_000_000
EXCEPTIONS: dict[str, type[BaseException]] = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# These would end a test, or a loop in it, as if it had come to its end.
ENDINGS = (StopIteration, StopAsyncIteration, GeneratorExit, KeyboardInterrupt)


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
        encoder = Encoder(self._outside, numpy=self._numpy)
        self._next_id += 1
        number = self._next_id
        try:
            rest["args"] = [encoder.encode(a) for a in args]
            rest["kwargs"] = {k: encoder.encode(v) for k, v in (kwargs or {}).items()}
        except (TypeError, TooDeepError) as error:
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
            decoder = ValueDecoder(inside, sent, numpy=self._numpy)
            result = decoder.decode(frame["ok"]) if "ok" in frame else None
            error = None if "ok" in frame else self._error(frame["exc"])
            self._take_changes(frame.get("changed", []), decoder, sent)
        except Exception as problem:
            self.lose(f"a malformed answer: {problem}"[:300])
        if error is not None:
            raise error
        return result

    def _take_changes(self, changes: Any, decoder: ValueDecoder, sent: list[Any]) -> None:
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
        values = tuple(ValueDecoder().decode(a) for a in args)
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
            decoder = ValueDecoder(self._inside, numpy=self._numpy)
            function = self._callbacks[count(frame["call"])]
            args = [decoder.decode(a) for a in frame["args"]]
            kwargs = {str(k): decoder.decode(v) for k, v in frame["kwargs"].items()}
        except Exception as problem:
            self.lose(f"a malformed call: {problem}"[:300])
        try:
            encoder = Encoder(self._outside, numpy=self._numpy)
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
            encoder = Encoder(self._outside, numpy=self._numpy)
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
        return no_insiders(tag, value)

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
        members: dict[str, Any] = {n: operator_method(n) for n in allowed}
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
            frame = None
        if frame is None:
            self.lose("its process has ended")
        if not isinstance(frame, dict):
            self.lose("a frame that is no object")
        return frame


def _limited(values: Iterator[Any], channel: Channel) -> Iterator[Any]:
    for number, value in enumerate(values):
        if number >= MAX_ITEMS:
            channel.refuse("the tests pass an iterator without an end")
        yield value


def _iterator(channel: Channel, number: int, generator: bool) -> Any:
    remote = RemoteIterator(channel, number)
    return (item for item in remote) if generator else remote
