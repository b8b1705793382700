"""The candidate's side: loads the candidate and answers the grader's calls.

Everything here may be taken over by the candidate; the grader trusts none of it. A request is
`{"id", "op", ...}`; the answer is `{"id", "ok": value}` or `{"id", "exc": ...}`, with `"changed"`
where containers among the arguments were changed in place. While a request runs, the candidate
may call functions that it was passed: `{"call": n, "args", "kwargs"}`, answered in the same way.
"""

from __future__ import annotations

import builtins
import importlib
import operator
import os
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from . import codec, wire
from .decoder import ValueDecoder, no_insiders
from .encoder import Encoder

MODULE = "solution"
OPERATORS: dict[str, Callable[..., Any]] = {
    "__len__": len,
    "__bool__": bool,
    "__str__": str,
    "__repr__": repr,
    "__format__": format,
    "__hash__": hash,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__abs__": abs,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    "__round__": round,
    "__reversed__": reversed,
    "__iter__": iter,
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__contains__": operator.contains,
    "__eq__": operator.eq,
    "__ne__": operator.ne,
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
    "__add__": operator.add,
    "__sub__": operator.sub,
    "__mul__": operator.mul,
    "__matmul__": operator.matmul,
    "__truediv__": operator.truediv,
    "__floordiv__": operator.floordiv,
    "__mod__": operator.mod,
    "__divmod__": divmod,
    "__pow__": pow,
    "__lshift__": operator.lshift,
    "__rshift__": operator.rshift,
    "__and__": operator.and_,
    "__or__": operator.or_,
    "__xor__": operator.xor,
    "__radd__": lambda a, b: b + a,
    "__rsub__": lambda a, b: b - a,
    "__rmul__": lambda a, b: b * a,
    "__rtruediv__": lambda a, b: b / a,
    "__call__": lambda f, *args, **kwargs: f(*args, **kwargs),
    "__enter__": lambda o: type(o).__enter__(o),
    "__exit__": lambda o, *args: type(o).__exit__(o, *args),
}
ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed)
ALWAYS = frozenset({"__str__", "__repr__", "__eq__", "__hash__", "__bool__"})


def answer(channel: int, payload: dict[str, Any]) -> int:
    """Load the candidate, then answer requests until the grader hangs up."""
    answerer = Answerer(channel, numpy=payload["numpy"])
    answerer.load(payload["sources"])
    while answerer.step():
        pass
    return 0


class Answerer:
    """The candidate's module, the objects the grader holds handles of, and the channel."""

    def __init__(self, channel: int, *, numpy: bool) -> None:
        self._channel = channel
        self._numpy = numpy
        self._module = types.ModuleType(MODULE)
        sys.modules[MODULE] = self._module
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}
        self._raised: dict[int, BaseException] = {}

    def load(self, sources: list[list[str]]) -> None:
        """Run the candidate's text; the first frame says how that went."""
        try:
            for name, text in sources:
                exec(compile(text, name, "exec"), vars(self._module))
        except BaseException as error:
            self._send({"id": 0, "exc": self._exception(error)})
            return
        self._flush()
        self._send({"id": 0, "ok": None})

    def step(self) -> bool:
        """Answer one request; False when there are no more."""
        request = self._receive()
        if request is None:
            return False
        self._answer(request)
        return True

    def _answer(self, request: dict[str, Any]) -> None:
        decoder = ValueDecoder(self._inside)
        before: list[Any] = []
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            try:
                operands = [decoder.decode(a) for a in request.get("args", ())]
                named = {k: decoder.decode(v) for k, v in request.get("kwargs", {}).items()}
                before = [codec.snapshot(c) for c in decoder.made]
                result = self._perform(request, operands, named)
            finally:
                self._flush()
            encoder = self._encoder(decoder.made)
            reply["ok"] = encoder.encode(result)
        except BaseException as error:
            encoder = self._encoder(decoder.made)
            reply["exc"] = self._exception(error)
        changed = [
            [number, encoder.contents(container)]
            for number, (container, was) in enumerate(zip(decoder.made, before, strict=False))
            if not codec.unchanged(container, was)
        ]
        if changed:
            reply["changed"] = changed
        try:
            data = wire.dumps(reply)
            if len(data) > wire.MAX_FRAME:
                raise OverflowError(f"an answer larger than {wire.MAX_FRAME >> 20} MB")
        except (MemoryError, OverflowError) as error:
            data = wire.dumps({"id": request["id"], "exc": self._exception(error)})
        wire.write(self._channel, data)

    def _perform(self, request: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
        op = request["op"]
        if op == "name":
            return self._resolve(request["name"])
        target = self._objects[request["on"]]
        if op == "attribute":
            return getattr(target, request["name"])
        if op == "set":
            return setattr(target, request["name"], *args)
        if op == "delete":
            return delattr(target, request["name"])
        if op == "operator":
            return OPERATORS[request["name"]](target, *args, **kwargs)
        if op == "next":
            return self._take(target, request["count"])
        if op == "equals_anything":
            return bool(target == object())
        if op == "describe":
            return self._describe(target)
        if op == "await":
            import asyncio

            return asyncio.run(_awaited(target))
        raise RuntimeError(f"unknown request {op!r}")

    def _resolve(self, name: str) -> Any:
        try:
            return vars(self._module)[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None

    def _take(self, iterator: Any, count: int) -> list[Any]:
        """[items, whether it ended]; what it raises after an item is kept for the next request."""
        if (kept := self._raised.pop(id(iterator), None)) is not None:
            raise kept
        items: list[Any] = []
        try:
            while len(items) < count:
                items.append(next(iterator))
        except StopIteration:
            return [items, True]
        except BaseException as error:
            if not items:
                raise
            self._raised[id(iterator)] = error
        return [items, False]

    def _describe(self, kind: type) -> Any:
        """Name, base classes, operators, and which builtin exception a class comes from."""
        names = [
            n
            for n in OPERATORS
            if n not in ALWAYS
            or any(n in vars(c) for c in kind.__mro__[:-1] if c.__module__ != "builtins")
        ]
        have = [n for n in names if getattr(kind, n, None) is not None]
        builtin = next((c.__name__ for c in kind.__mro__ if c.__module__ == "builtins"), "object")
        bases = [b for b in kind.__bases__ if b.__module__ != "builtins"]
        return [kind.__name__, bases, have, builtin]

    def _outside(self, value: Any) -> Any:
        """A handle: the grader can ask for attributes and calls, never for the object."""
        if isinstance(value, ITERATORS):
            return {"it": [self._handle(value), isinstance(value, types.GeneratorType)]}
        if isinstance(value, type):
            return {"cl": self._handle(value)}
        if isinstance(value, types.CoroutineType):
            return {"co": self._handle(value)}
        if isinstance(value, BaseException):
            return {"ex": self._exception(value)}
        if isinstance(value, Iterator) and type(value).__module__ in ("builtins", "itertools"):
            return {"it": [self._handle(value), False]}
        if callable(value) and type(value).__module__ in ("builtins", "functools"):
            return {"fn": [self._handle(value), str(getattr(value, "__name__", ""))]}
        return {"ob": [self._handle(value), self._handle(type(value))]}

    def _inside(self, tag: str, value: Any) -> Any:
        if tag == "h":
            return self._objects[value]
        if tag == "cb":
            return self._callback(value)
        if tag == "lf":
            module, name = value
            return operator.attrgetter(name)(importlib.import_module(module))
        if tag == "it":
            return iter([ValueDecoder(self._inside).decode(v) for v in value])
        return no_insiders(tag, value)

    def _handle(self, value: Any) -> int:
        number = self._handles.get(id(value))
        if number is None:
            number = self._handles[id(value)] = len(self._objects)
            self._objects.append(value)
        return number

    def _callback(self, number: int) -> Callable[..., Any]:
        def passed(*args: Any, **kwargs: Any) -> Any:
            encoder = self._encoder([])
            request = {
                "call": number,
                "args": [encoder.encode(a) for a in args],
                "kwargs": {k: encoder.encode(v) for k, v in kwargs.items()},
            }
            self._send(request)
            while (reply := self._receive()) is not None and "op" in reply:
                self._answer(reply)
            if reply is None:
                os._exit(0)
            if "exc" in reply:
                name, text = reply["exc"]
                raise getattr(builtins, name, RuntimeError)(text)
            return ValueDecoder(self._inside).decode(reply["ok"])

        return passed

    def _encoder(self, known: list[Any]) -> Encoder:
        tags = {id(container): {"a": number} for number, container in enumerate(known)}
        return Encoder(self._outside, tags, numpy=self._numpy)

    def _exception(self, error: BaseException) -> list[Any]:
        """[class, builtin class, arguments, text, line in the candidate's text]."""
        kind = type(error)
        builtin = next(c.__name__ for c in kind.__mro__ if c.__module__ == "builtins")
        own = None if kind.__module__ == "builtins" else self._handle(kind)
        try:
            text = str(error)[:2000]
        except BaseException:
            text = ""
        try:
            args = [Encoder(numpy=self._numpy).encode(a) for a in error.args]
        except BaseException:
            args = [text]
        return [own, builtin, args, text, _line(error)]

    def _flush(self) -> None:
        try:
            sys.stdout.flush()
        except BaseException:
            return

    def _send(self, frame: dict[str, Any]) -> None:
        wire.write(self._channel, wire.dumps(frame))

    def _receive(self) -> dict[str, Any] | None:
        data = wire.read(self._channel, wire.MAX_JOB)
        return None if data is None else wire.loads(data)


async def _awaited(value: Any) -> Any:
    return await value


def _line(error: BaseException) -> int | None:
    """The last line of the candidate's own text that an exception passed."""
    if isinstance(error, SyntaxError) and error.filename == f"{MODULE}.py":
        return error.lineno
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == f"{MODULE}.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
