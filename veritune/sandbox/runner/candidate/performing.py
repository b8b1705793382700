"""What is done about each request, on the candidate's own objects."""

from __future__ import annotations

import _thread
import copy
import importlib
import operator
import sys
import types
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..wire.decoder import ValueDecoder, no_insiders
from ..wire.encoder import MUTABLE, Encoder, plain_form
from ..wire.live import Live, any_kept, reads, takes
from ..wire.simple import count, parts, text_of
from . import describing, passed, raising
from .loading import MODULE
from .operators import OPERATORS

if TYPE_CHECKING:
    from ..wire import messages
    from ..wire.messages import Encoded, GraderRequest, PassedError
    from .awaiting import Loop
    from .passed import Call

# Read once and in order, so a test gets them as iterators and never as values.
ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed)
# By exact type: a callable object of the candidate's own class is an object.
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


class Performer:
    """The objects that the grader holds handles of; `call` asks for what is the tests'."""

    def __init__(self, call: Call, *, numpy: bool) -> None:
        self._call = call
        self._numpy = numpy
        # Anything at all, and whatever the tests ask is tried on it.
        self._objects: list[Any] = []
        self._handles: dict[int, int] = {}
        self._passed: dict[int, tuple[object, int]] = {}
        self._by_number: dict[int, object] = {}
        self._raised: dict[int, BaseException] = {}
        self._loop: Loop | None = None
        self.live = Live()
        self.lock = _thread.RLock()

    def perform(
        self, request: GraderRequest, args: list[object], kwargs: dict[str, object]
    ) -> object:
        """Do what a request asks for; raises what the candidate's code raises."""
        op = request["op"]
        if op == "name":
            return self._resolve(request["name"], request.get("module", MODULE))
        if op == "operator":
            return OPERATORS[request["name"]](self._objects[request["on"]], *args, **kwargs)
        if op == "method":
            return getattr(self._objects[request["on"]], request["name"])(*args, **kwargs)
        if op == "make":  # an exception that the tests made; its number
            return self.handle(self._objects[request["on"]](*args, **kwargs))
        return getattr(self, f"_do_{op}")(request, args)

    def is_live(self, request: GraderRequest, result: object) -> bool:
        """Whether the tests read what an object or a module holds, and not a function's result."""
        return type(result) in MUTABLE and reads(request, self._objects)

    def keeps(self, request: GraderRequest, args: list[object], kwargs: dict[str, object]) -> bool:
        """Whether an object of the candidate's now holds a list, dict or set of the tests'."""
        if not takes(request, self._objects):
            return False
        return any_kept(args) or any_kept(kwargs.values())

    def _resolve(self, name: str, module: str) -> object:
        found = sys.modules[module]
        try:
            return vars(found)[name]
        except KeyError:
            if "__getattr__" in vars(found):
                return getattr(found, name)
            raise NameError(f"name {name!r} is not defined") from None

    def _do_module(self, request: GraderRequest, args: list[object]) -> object:
        return importlib.import_module(request["name"])

    def _do_reload(self, request: GraderRequest, args: list[object]) -> object:
        from .loading import run_texts

        module = cast("types.ModuleType", args[0])
        if module.__name__ == MODULE:
            with open(f"{MODULE}.py", encoding="utf-8") as stream:
                run_texts([(f"{MODULE}.py", stream.read())], vars(module))
            return module
        return importlib.reload(module)

    def _do_attribute(self, request: GraderRequest, args: list[object]) -> object:
        return getattr(self._objects[request["on"]], request["name"])

    def _do_member(self, request: GraderRequest, args: list[object]) -> object:
        """What a class itself says of a name, bound to one of its objects: as `super()` does."""
        value = vars(self._objects[request["on"]])[request["name"]]
        bind = getattr(type(value), "__get__", None)
        return value if bind is None else bind(value, args[0], type(args[0]))

    def _do_raw(self, request: GraderRequest, args: list[object]) -> int:
        """The number of what a class itself holds under a name, unbound."""
        return self.handle(vars(self._objects[request["on"]])[request["name"]])

    def _do_set(self, request: GraderRequest, args: list[object]) -> None:
        setattr(self._objects[request["on"]], request["name"], *args)

    def _do_delete(self, request: GraderRequest, args: list[object]) -> None:
        delattr(self._objects[request["on"]], request["name"])

    def _do_isinstance(self, request: GraderRequest, args: list[object]) -> bool:
        return isinstance(args[0], self._objects[request["on"]])

    def _do_issubclass(self, request: GraderRequest, args: list[object]) -> bool:
        return issubclass(cast("type", args[0]), self._objects[request["on"]])

    def _do_dir(self, request: GraderRequest, args: list[object]) -> object:
        target = self._objects[request["on"]]
        names = getattr(target, "__all__", None) if isinstance(target, types.ModuleType) else None
        return [str(name) for name in (dir(target) if names is None else names)]

    def _do_next(self, request: GraderRequest, args: list[object]) -> list[object]:
        """[items, whether it ended]; what it raises after an item is kept for the next request."""
        iterator, count = self._objects[request["on"]], request["count"]
        if (kept := self._raised.pop(id(iterator), None)) is not None:
            raise kept
        items: list[object] = []
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

    def _do_send(self, request: GraderRequest, args: list[object]) -> list[object]:
        """[value, False] of a generator's `send` or `throw`, or [what it returned, True]."""
        try:
            method = getattr(self._objects[request["on"]], request["name"])
            return [method(*args), False]
        except StopIteration as end:
            return [end.value, True]

    def _do_equals(self, request: GraderRequest, args: list[object]) -> list[bool]:
        """Whether an object equals each of these."""
        target = self._objects[request["on"]]
        return [bool(target == other) for other in args]

    def _do_equals_anything(self, request: GraderRequest, args: list[object]) -> bool:
        try:
            return bool(self._objects[request["on"]] == object())
        except Exception:
            return False

    def _do_plain(self, request: GraderRequest, args: list[object]) -> list[object]:
        """[the builtin value that an object is], or nothing."""
        value = describing.plain_of(self._objects[request["on"]])
        return [] if value is None else [value]

    def _do_copy(self, request: GraderRequest, args: list[object]) -> object:
        return copy.copy(args[0])

    def _do_deepcopy(self, request: GraderRequest, args: list[object]) -> object:
        return copy.deepcopy(args[0])

    def _do_contents(self, request: GraderRequest, args: list[object]) -> object:
        return [plain_form(value) for value in cast("Iterable[object]", args[0])]

    def _do_describe(self, request: GraderRequest, args: list[object]) -> object:
        return describing.description(self._objects[request["on"]])

    def _do_signature(self, request: GraderRequest, args: list[object]) -> object:
        return describing.signature(self._objects[request["on"]])

    def _do_flags(self, request: GraderRequest, args: list[object]) -> list[object]:
        return describing.code_of(self._objects[request["on"]])

    def _do_subclass(self, request: GraderRequest, args: list[object]) -> object:
        """A class of the tests' that descends from the candidate's."""
        name, bases, members = cast("messages.Subclass", args)
        made = {key: describing.bound(kind, value) for key, kind, value in members}
        return types.new_class(name, tuple(bases), {}, lambda space: space.update(made))

    def _do_task(self, request: GraderRequest, args: list[object]) -> int:
        from .awaiting import Loop

        self._loop = self._loop or Loop()
        return self._loop.start(self._objects[request["on"]])

    def _do_poll(self, request: GraderRequest, args: list[object]) -> object:
        assert self._loop is not None
        return self._loop.poll(request["on"])

    def _do_cancel(self, request: GraderRequest, args: list[object]) -> None:
        assert self._loop is not None
        self._loop.cancel(request["on"])

    def _outside(self, value: object) -> Encoded:
        """A handle: the grader can ask for attributes and calls, never for the object."""
        if type(value) is types.FunctionType and id(value) not in self._passed:
            return {"fn": [self.handle(value), value.__name__]}
        if (number := self._number_of(value)) is not None:
            return {"p": number}
        if hasattr(type(value), "__await__") and type(value).__module__ == "builtins":
            return {"co": self.handle(value)}
        if isinstance(value, types.GeneratorType):
            return {"ge": self.handle(value)}
        if isinstance(value, ITERATORS):
            return {"it": self.handle(value)}
        if isinstance(value, type):
            return self.kind(value)
        if isinstance(value, types.CoroutineType):
            return {"co": self.handle(value)}
        if isinstance(value, types.AsyncGeneratorType):
            return {"ag": self.handle(value)}
        if isinstance(value, BaseException):
            return {"ex": cast("Encoded", raising.exception(self, value))}
        if isinstance(value, types.ModuleType):
            return {"md": [self.handle(value), value.__name__]}
        kind = type(value)
        if hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools"):
            return {"it": self.handle(value)}
        of_python = isinstance(value, FUNCTIONS) or kind.__module__ in ("functools", "builtins")
        if callable(value) and of_python:
            return {"fn": [self.handle(value), str(getattr(value, "__name__", ""))]}
        return {"ob": [self.handle(value), self.handle(kind)]}

    def _number_of(self, value: object) -> int | None:
        """The number of what the tests passed, where this is it."""
        known = self._passed.get(id(value))
        if known is not None:
            return known[1]
        number = type.__getattribute__(type(value), "__dict__").get("_veritune_passed")
        return number if type(number) is int else None

    def kind(self, kind: type) -> dict[str, Encoded]:
        """The tag of a class."""
        if describing.is_library(kind):
            return {"lc": [kind.__module__, kind.__qualname__, self.handle(kind)]}
        return {"cl": self.handle(kind)}

    def _value(self, value: object, plain: Encoded) -> Encoded:
        """An instance of a class of the candidate's that descends from a builtin one, or None."""
        kind = type(value)
        if describing.is_library(kind) or not isinstance(value, describing.BUILTIN):
            return None if describing.is_library(kind) else self._outside(value)
        return {"sv": [self.handle(value), self.handle(kind), plain]}

    def inside(self, tag: str, value: Encoded) -> object:
        """What a tag of the grader's stands for."""
        if tag == "h":
            return cast("object", self._objects[count(value)])
        if tag == "l":
            return self.live.get(value)
        if tag == "cb":
            function = cast("messages.PassedFunction", value)
            return self._keep(function[0], passed.function(self._call, *function))
        if tag == "xc":
            error = cast("messages.PassedException", value)
            return self._keep(error[0], passed.exception_class(*error))
        if tag == "kc":
            kind = cast("messages.PassedClass", value)
            return self._keep(kind[0], passed.class_of(self._call, *kind))
        if tag == "po":
            thing = cast("messages.PassedObject", value)
            return self._keep(thing[0], passed.object_of(self._call, *thing))
        if tag == "aw":
            return passed.Awaited(self._call, count(value))
        if tag == "lf":
            module, name = map(text_of, parts(value))
            return operator.attrgetter(name)(importlib.import_module(module))
        if tag == "lm":
            return importlib.import_module(text_of(value))
        if tag == "it":
            return iter([ValueDecoder(self.inside).decode(v) for v in parts(value)])
        if tag == "ex":
            return raising.raised(self, cast("PassedError", value))
        return no_insiders(tag, value)

    def _keep(self, number: int, made: object) -> object:
        known = self._by_number.setdefault(number, made)
        self._passed[id(known)] = (known, number)
        return known

    def handle(self, value: object) -> int:
        """The number that the grader knows an object by."""
        number = self._handles.get(id(value))
        if number is None:
            number = self._handles[id(value)] = len(self._objects)
            self._objects.append(value)
        return number

    def simple_encoder(self) -> Encoder:
        """An encoder of what no container is shared with."""
        return Encoder(self._outside, numpy=self._numpy, subclass=self._value)

    def encoder(self, known: Sequence[object]) -> Encoder:
        """An encoder of answers; `known` are the containers that came with the request."""
        tags: dict[int, Encoded] = {id(each): {"a": at} for at, each in enumerate(known)}
        if self.live.held:
            tags = self.live.tags() | tags
        return Encoder(self._outside, tags, numpy=self._numpy, subclass=self._value)
