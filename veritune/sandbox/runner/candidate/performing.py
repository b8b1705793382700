"""What is done about each request, on the candidate's own objects."""

from __future__ import annotations

import _thread
import builtins
import contextlib
import copy
import importlib
import operator
import sys
import types
from collections.abc import Callable, Mapping, Set
from typing import Any

from ..wire.decoder import ValueDecoder, no_insiders
from ..wire.encoder import Encoder, plain_form
from . import describing, passed
from .loading import MODULE
from .operators import OPERATORS

ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed)
ATTRIBUTES = ("name", "path", "errno", "returncode")
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


class Performer:
    """The objects that the grader holds handles of; `call` asks for what is the tests'."""

    def __init__(self, call: Callable[[dict[str, Any]], Any], *, numpy: bool) -> None:
        self._call = call
        self._numpy = numpy
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}
        self._passed: dict[int, Any] = {}
        self._by_number: dict[int, Any] = {}
        self._raised: dict[int, BaseException] = {}
        self._loop: Any = None
        self.lock = _thread.RLock()

    def perform(self, request: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Do what a request asks for; raises what the candidate's code raises."""
        op = request["op"]
        if op == "name":
            return self._resolve(request["name"], request.get("module", MODULE))
        if op == "operator":
            return OPERATORS[request["name"]](self._objects[request["on"]], *args, **kwargs)
        if op == "method":
            return getattr(self._objects[request["on"]], request["name"])(*args, **kwargs)
        return getattr(self, f"_do_{op}")(request, args)

    def _resolve(self, name: str, module: str) -> Any:
        found = sys.modules[module]
        try:
            return vars(found)[name]
        except KeyError:
            if "__getattr__" in vars(found):
                return getattr(found, name)
            raise NameError(f"name {name!r} is not defined") from None

    def _do_module(self, request: dict[str, Any], args: list[Any]) -> Any:
        return importlib.import_module(request["name"])

    def _do_reload(self, request: dict[str, Any], args: list[Any]) -> Any:
        from .loading import run_text

        module = args[0]
        if module.__name__ == MODULE:
            with open(f"{MODULE}.py", encoding="utf-8") as stream:
                run_text(stream.read(), f"{MODULE}.py", vars(module))
            return module
        return importlib.reload(module)

    def _do_attribute(self, request: dict[str, Any], args: list[Any]) -> Any:
        return getattr(self._objects[request["on"]], request["name"])

    def _do_member(self, request: dict[str, Any], args: list[Any]) -> Any:
        """What a class itself says of a name, bound to one of its objects: as `super()` does."""
        value = vars(self._objects[request["on"]])[request["name"]]
        bind = getattr(type(value), "__get__", None)
        return value if bind is None else bind(value, args[0], type(args[0]))

    def _do_raw(self, request: dict[str, Any], args: list[Any]) -> int:
        """The number of what a class itself holds under a name, unbound."""
        return self._handle(vars(self._objects[request["on"]])[request["name"]])

    def _do_set(self, request: dict[str, Any], args: list[Any]) -> Any:
        setattr(self._objects[request["on"]], request["name"], *args)

    def _do_delete(self, request: dict[str, Any], args: list[Any]) -> Any:
        delattr(self._objects[request["on"]], request["name"])

    def _do_isinstance(self, request: dict[str, Any], args: list[Any]) -> bool:
        return isinstance(args[0], self._objects[request["on"]])

    def _do_issubclass(self, request: dict[str, Any], args: list[Any]) -> bool:
        return issubclass(args[0], self._objects[request["on"]])

    def _do_dir(self, request: dict[str, Any], args: list[Any]) -> Any:
        target = self._objects[request["on"]]
        names = getattr(target, "__all__", None) if isinstance(target, types.ModuleType) else None
        return [str(name) for name in (dir(target) if names is None else names)]

    def _do_next(self, request: dict[str, Any], args: list[Any]) -> list[Any]:
        """[items, whether it ended]; what it raises after an item is kept for the next request."""
        iterator, count = self._objects[request["on"]], request["count"]
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

    def _do_send(self, request: dict[str, Any], args: list[Any]) -> list[Any]:
        """[value, False] of a generator's `send` or `throw`, or [what it returned, True]."""
        try:
            method = getattr(self._objects[request["on"]], request["name"])
            return [method(*args), False]
        except StopIteration as end:
            return [end.value, True]

    def _do_equals(self, request: dict[str, Any], args: list[Any]) -> list[bool]:
        """Whether an object equals each of these."""
        target = self._objects[request["on"]]
        return [bool(target == other) for other in args]

    def _do_equals_anything(self, request: dict[str, Any], args: list[Any]) -> bool:
        try:
            return bool(self._objects[request["on"]] == object())
        except Exception:
            return False

    def _do_plain(self, request: dict[str, Any], args: list[Any]) -> list[Any]:
        """[the builtin value that an object is], or nothing."""
        target = self._objects[request["on"]]
        value = plain_form(target)
        if value is None and describing.compares_as(target, Mapping):
            value = dict(target.items())
        elif value is None and describing.compares_as(target, Set):
            value = set(target)
        return [] if value is None else [value]

    def _do_make(self, request: dict[str, Any], args: list[Any]) -> int:
        """An exception that the tests made; its number."""
        return self._handle(self._objects[request["on"]](*args))

    def _do_copy(self, request: dict[str, Any], args: list[Any]) -> Any:
        return copy.copy(args[0])

    def _do_deepcopy(self, request: dict[str, Any], args: list[Any]) -> Any:
        return copy.deepcopy(args[0])

    def _do_contents(self, request: dict[str, Any], args: list[Any]) -> Any:
        return [plain_form(value) for value in args[0]]

    def _do_describe(self, request: dict[str, Any], args: list[Any]) -> Any:
        return describing.description(self._objects[request["on"]])

    def _do_signature(self, request: dict[str, Any], args: list[Any]) -> Any:
        return describing.signature(self._objects[request["on"]])

    def _do_flags(self, request: dict[str, Any], args: list[Any]) -> int:
        return describing.code_flags(self._objects[request["on"]])

    def _do_subclass(self, request: dict[str, Any], args: list[Any]) -> Any:
        """A class of the tests' that descends from the candidate's."""
        name, bases, members = args
        made = {key: describing.bound(kind, value) for key, kind, value in members}
        return types.new_class(name, tuple(bases), {}, lambda space: space.update(made))

    def _do_task(self, request: dict[str, Any], args: list[Any]) -> int:
        from .awaiting import Loop

        self._loop = self._loop or Loop()
        return int(self._loop.start(self._objects[request["on"]]))

    def _do_poll(self, request: dict[str, Any], args: list[Any]) -> Any:
        return self._loop.poll(request["on"])

    def _do_cancel(self, request: dict[str, Any], args: list[Any]) -> Any:
        return self._loop.cancel(request["on"])

    def _outside(self, value: Any) -> Any:
        """A handle: the grader can ask for attributes and calls, never for the object."""
        if (number := self._number_of(value)) is not None:
            return {"p": number}
        if hasattr(type(value), "__await__") and type(value).__module__ == "builtins":
            return {"co": self._handle(value)}
        if isinstance(value, types.GeneratorType):
            return {"ge": self._handle(value)}
        if isinstance(value, ITERATORS):
            return {"it": self._handle(value)}
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, types.CoroutineType):
            return {"co": self._handle(value)}
        if isinstance(value, types.AsyncGeneratorType):
            return {"ag": self._handle(value)}
        if isinstance(value, BaseException):
            return {"ex": self.exception(value)}
        if isinstance(value, types.ModuleType):
            return {"md": [self._handle(value), value.__name__]}
        kind = type(value)
        if hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools"):
            return {"it": self._handle(value)}
        if callable(value) and (isinstance(value, FUNCTIONS) or kind.__module__ == "functools"):
            return {"fn": [self._handle(value), str(getattr(value, "__name__", ""))]}
        if callable(value) and kind.__module__ == "builtins":
            return {"fn": [self._handle(value), str(getattr(value, "__name__", ""))]}
        return {"ob": [self._handle(value), self._handle(kind)]}

    def _number_of(self, value: Any) -> int | None:
        """The number of what the tests passed, where this is it."""
        known = self._passed.get(id(value))
        if known is not None:
            return int(known[1])
        number = type.__getattribute__(type(value), "__dict__").get("_veritune_passed")
        return number if type(number) is int else None

    def _class(self, kind: type) -> Any:
        if describing.is_library(kind):
            return {"lc": [kind.__module__, kind.__qualname__, self._handle(kind)]}
        return {"cl": self._handle(kind)}

    def _value(self, value: Any, plain: Any) -> Any:
        """An instance of a class of the candidate's that descends from a builtin one, or None."""
        kind = type(value)
        if describing.is_library(kind) or not isinstance(value, describing.BUILTIN):
            return None if describing.is_library(kind) else self._outside(value)
        return {"sv": [self._handle(value), self._handle(kind), plain]}

    def inside(self, tag: str, value: Any) -> Any:
        """What a tag of the grader's stands for."""
        if tag == "h":
            return self._objects[value]
        if tag == "cb":
            return self._keep(value[0], passed.function(self._call, *value))
        if tag == "xc":
            return self._keep(value[0], passed.exception_class(*value))
        if tag == "kc":
            return self._keep(value[0], passed.class_of(self._call, *value))
        if tag == "po":
            return self._keep(value[0], passed.object_of(self._call, *value))
        if tag == "aw":
            return passed.Awaited(self._call, value)
        if tag == "lf":
            module, name = value
            return operator.attrgetter(name)(importlib.import_module(module))
        if tag == "lm":
            return importlib.import_module(value)
        if tag == "it":
            return iter([ValueDecoder(self.inside).decode(v) for v in value])
        if tag == "ex":
            return self.raised(value)
        return no_insiders(tag, value)

    def _keep(self, number: int, made: Any) -> Any:
        known = self._by_number.setdefault(number, made)
        self._passed[id(known)] = (known, number)
        return known

    def _handle(self, value: Any) -> int:
        number = self._handles.get(id(value))
        if number is None:
            number = self._handles[id(value)] = len(self._objects)
            self._objects.append(value)
        return number

    def encoder(self, known: list[Any]) -> Encoder:
        """An encoder of answers; `known` are the containers that came with the request."""
        tags = {id(container): {"a": number} for number, container in enumerate(known)}
        return Encoder(self._outside, tags, numpy=self._numpy, subclass=self._value)

    def raised(self, data: Any) -> BaseException:
        """An exception that the tests raised or passed."""
        kind, args, text, number = data
        if isinstance(kind, str):
            made: Any = getattr(builtins, kind, RuntimeError)
        else:
            made = ValueDecoder(self.inside).decode(kind)
        try:
            values = [ValueDecoder(self.inside).decode(a) for a in args]
            error: BaseException = made(*values)
        except Exception:
            error = RuntimeError(text)
        with contextlib.suppress(Exception):
            error._veritune_number = number  # type: ignore[attr-defined]
        return error

    def exception(self, error: BaseException, depth: int = 0) -> list[Any]:
        """[class or None, builtin class, arguments, text, line in the candidate's text, more]."""
        kind = type(error)
        builtin = next(c.__name__ for c in kind.__mro__ if c.__module__ == "builtins")
        number = vars(kind).get("_veritune_passed")
        own = None if kind.__module__ == "builtins" else self._class(kind)
        own = own if number is None else {"p": number}
        try:
            text = str(error)[:2000]
        except BaseException:
            text = ""
        try:
            encoder = Encoder(self._outside, numpy=self._numpy, subclass=self._value)
            args = [encoder.encode(a) for a in error.args]
        except BaseException:
            args = [text]
        return [own, builtin, args, text, describing.line_of(error), self._more(error, own, depth)]

    def _more(self, error: BaseException, own: Any, depth: int) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if depth == 0 or type(error).__module__ != "builtins":
            more["on"] = self._handle(error)
        state = {k: v for k, v in getattr(error, "__dict__", {}).items() if k[:9] != "_veritune"}
        state |= {n: v for n in ATTRIBUTES if type(v := getattr(error, n, None)) in (str, int)}
        if state and (own is None or "lc" in own):
            with contextlib.suppress(Exception):
                encoder = Encoder(self._outside, numpy=self._numpy, subclass=self._value)
                more["state"] = {name: encoder.encode(value) for name, value in state.items()}
        if (number := getattr(error, "__dict__", {}).get("_veritune_number")) is not None:
            more["p"] = number
        if depth >= describing.DEPTH:
            return more
        for name in ("__cause__", "__context__"):
            other = getattr(error, name, None)
            if isinstance(other, BaseException):
                more[name] = self.exception(other, depth + 1)
        if isinstance(error, BaseExceptionGroup):
            more["group"] = [self.exception(e, depth + 1) for e in error.exceptions[:100]]
        return more
