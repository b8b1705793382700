"""What comes from the candidate, made into values of this side: plain data, proxies, exceptions."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..wire import codec
from ..wire.decoder import ValueDecoder, no_insiders
from . import hybrids
from .asking import where
from .building import dataclass_space, group, library_class, made
from .callables import (
    RemoteAsyncGenerator,
    RemoteFunction,
    RemoteGenerator,
    RemoteIterator,
    coroutine,
)
from .modules import RemoteModule
from .proxies import (
    OPERATORS,
    Member,
    RemoteClass,
    RemoteError,
    RemoteObject,
    operator_method,
)

if TYPE_CHECKING:
    from .exposed import Exposed

MAX_HANDLES = 100_000
EXCEPTIONS: dict[str, type[BaseException]] = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# These would end a test, or a loop in it, as if it had come to its end.
ENDINGS = (GeneratorExit, KeyboardInterrupt)
STOPS = (StopIteration, StopAsyncIteration)
STOPPING = frozenset({"__next__", "__anext__", "poll"})
"""Requests that may end an iteration."""


class Inward:
    """Decodes answers. `raised`: the last exception of the candidate's, and its text."""

    exposed: Exposed
    ask: Callable[..., Any]
    doubt: Callable[[str], None]
    refuse: Callable[[str], Any]
    libraries: frozenset[str] = frozenset()
    asked: set[int]

    def __init__(self) -> None:
        self._proxies: dict[int, Any] = {}
        self.given: set[int] = set()
        self.raised: BaseException | None = None
        self.raised_text = ""
        self.contents: list[tuple[int, Any]] = []
        self._deriving: Any = None
        self.stopping = self.expects_stop = False

    def inside(self, tag: str, value: Any) -> Any:
        """The value of a tag that is no plain data."""
        if tag == "ob":
            found = self.object_made(tag, value)
            self.given.add(value[0])
            return found
        if tag == "fn":
            number, name = value
            return self._proxy(
                number, lambda: RemoteFunction(self._as_asker(), number, str(name)[:200])
            )
        if tag == "cl":
            return self.klass(value, None)
        if tag == "sv":
            return self._value(*value)
        if tag == "ex":
            return self.error(value)
        if tag == "p":
            return self.exposed.objects[value]
        if tag == "lc":
            return self._library(value, None)
        if tag == "co":
            return self._proxy(value, lambda: coroutine(self._as_asker(), value))
        if tag == "md":
            number, name = value
            return self._proxy(
                number, lambda: RemoteModule(self._as_asker(), number, str(name)[:200])
            )
        kind = ITERATORS.get(tag)
        if kind is None:
            return no_insiders(tag, value)
        return self._proxy(value, lambda: kind(self._as_asker(), value))

    def _as_asker(self) -> Any:
        return self

    def _may_stop(self) -> bool:
        """Whether the end of an iteration may be raised: by what iterates, or at lower trust.

        Out of a function it would end a loop of the tests' as if all were done, unseen.
        """
        if self.stopping or not self.expects_stop:
            return self.stopping
        self.doubt("a function of the candidate's ends an iteration")
        return True

    def object_made(self, tag: str, value: Any) -> Any:
        """As `inside`; an object is one that the tests made."""
        if tag != "ob":
            return self.inside(tag, value)
        number, kind = value
        return self._proxy(number, lambda: self._object(number, kind))

    def _object(self, number: int, kind: Any) -> Any:
        made = object.__new__(self.klass(kind, None))
        object.__setattr__(made, "_veritune", (self, number))
        return made

    def _value(self, number: Any, kind: Any, plain: Any) -> Any:
        known = self._proxies.get(number)
        if known is None:
            known = self._proxy(
                number,
                lambda: hybrids.make(self._as_asker(), number, self.klass(kind, None), plain),
            )
            if hybrids.is_mutable(plain):
                self.contents.append((number, known))
        elif hybrids.is_mutable(plain):
            hybrids.refill(known, plain)
        return known

    def refresh(self) -> None:
        """Fetch anew what the candidate's lists, dicts and sets with methods of their own hold."""
        waiting, self.contents = self.contents, []
        try:
            found = self.ask("contents", ([value for _, value in waiting],))
            for (_, value), plain in zip(waiting, found, strict=True):
                hybrids.refill(value, plain)
        finally:
            self.contents = waiting

    def klass(self, number: Any, exception: type[BaseException] | None) -> Any:
        """A class of the candidate's."""
        return self._proxy(number, lambda: self._describe(number, exception))

    def _library(self, value: Any, exception: type[BaseException] | None) -> Any:
        """An exception of a library, which is the same on both sides; else the class as a proxy."""
        module, name, number = value
        found = library_class(module, name)
        if found is not None and (exception is not None or issubclass(found, BaseException)):
            return found
        return self.klass(number, exception)

    def _describe(self, number: int, exception: type[BaseException] | None) -> Any:
        if self._deriving is not None:
            made, self._deriving = self._deriving, None
            type.__setattr__(made, "_veritune_class", (self, number))
            self.asked.add(number)
            return made
        name, bases, operators, builtin, members, more = self.ask("describe", on=number)
        if exception is None and more.get("package") in self.libraries:
            self.refuse(
                f"the tests use objects of {more['package']}; grader these tests with in_process"
            )
        known = exception or EXCEPTIONS.get(builtin)
        parents = tuple(b for b in bases if isinstance(b, type))
        space: dict[str, Any] = {"_veritune_class": (self, number), "__doc__": more.get("doc")}
        space["_veritune_meta"] = more.get("meta") is True
        if known is None:
            space |= self._operators(operators, number, members)
            base = hybrids.base_of(builtin)
            parents = tuple(p for p in parents if isinstance(p, RemoteClass))
            if base is not None:
                space |= hybrids.space(base, space)
                heirs = any(issubclass(p, base) for p in parents)
                parents = parents if heirs else (*(parents or (RemoteObject,)), base)
            parents = parents or (RemoteObject,)
            if "library" in more and (real := library_class(*more["library"][:2])) is not None:
                space["__class__"] = property(lambda self: real)
            if "fields" in more:
                space |= dataclass_space(more)
        else:
            parents = self._of_exception(parents, known)
            space |= {n: Member(self._as_asker(), number, n, k) for n, k in members.items()
                      if k in "fd" and n != "__init__"}  # fmt: skip
        return RemoteClass(str(name)[:200], parents, space)

    def _operators(self, operators: Any, number: int, members: dict[str, str]) -> dict[str, Any]:
        allowed = [n for n in operators if n in OPERATORS]
        space: dict[str, Any] = {n: operator_method(n) for n in allowed}
        if "__hash__" not in allowed and "__eq__" in operators:
            space["__hash__"] = None
        if "__await__" in allowed:
            space["__await__"] = lambda self: coroutine(*where(self)).__await__()
        space["_veritune_operators"] = frozenset(str(n) for n in operators)
        space |= {
            str(n): Member(self._as_asker(), number, str(n), k)
            for n, k in members.items()
            if k in "fd"
        }
        return space

    def _of_exception(self, parents: Any, known: type[BaseException]) -> tuple[type, ...]:
        kinds = tuple(
            p for p in parents if isinstance(p, RemoteClass) or issubclass(p, BaseException)
        )
        if not any(issubclass(p, BaseException) for p in kinds):
            kinds = (*kinds, known)
        return kinds if any(issubclass(p, RemoteError) for p in kinds) else (RemoteError, *kinds)

    def derive(self, made: Any, space: dict[str, Any]) -> None:
        """Have a class that the tests derive from the candidate's made over there, too."""
        bases = [b for b in made.__bases__ if isinstance(b, RemoteClass)]
        if len(bases) != len(made.__bases__) or issubclass(made, BaseException):
            type.__setattr__(
                made, "_veritune_class", type.__getattribute__(bases[0], "_veritune_class")
            )
            return
        members = [
            hybrids.member(key, value)
            for key, value in space.items()
            if key not in hybrids.NO_MEMBERS
        ]
        self._deriving = made
        self.ask("subclass", (made.__name__, bases, members))

    def signature(self, number: int) -> Any:
        """The signature of a function or class of the candidate's."""
        import inspect

        parameters, returned = self.ask("signature", on=number)
        empty = inspect.Parameter.empty
        return inspect.Signature(
            [
                inspect.Parameter(
                    name, inspect._ParameterKind(kind),
                    default=default[0] if default else empty,
                    annotation=annotation[0] if annotation else empty,
                )
                for name, kind, default, annotation in parameters
            ],
            return_annotation=returned[0] if returned else inspect.Signature.empty,
        )  # fmt: skip

    def error(self, data: Any) -> BaseException:
        """The exception that the candidate raised."""
        own, builtin, args, text, line, more = data
        if type(more.get("p")) is int and isinstance(
            self.exposed.objects[more["p"]], BaseException
        ):
            return self._noted(self.exposed.objects[more["p"]], text, line)
        known = EXCEPTIONS.get(builtin, RuntimeError)
        decoder = ValueDecoder(self.inside)
        kind: Any = known
        if own is not None:
            ((tag, value),) = own.items()
            kind = self._kind(tag, value, known)
        values = tuple(decoder.decode(a) for a in args)
        # A class may descend from another exception than the one that it is said to be.
        if issubclass(kind, ENDINGS) or (issubclass(kind, STOPS) and not self._may_stop()):
            kind, values = RuntimeError, (f"{builtin}: {text}",)
        if not issubclass(kind, BaseException):
            kind, values = RuntimeError, (f"{kind.__name__}: {text}",)
        if issubclass(kind, BaseExceptionGroup):
            error: BaseException = group(kind, text, [self.error(e) for e in more.get("group", [])])
        else:
            error = made(kind, values)
        for name, content in more.get("state", {}).items():
            with contextlib.suppress(Exception):
                BaseException.__setattr__(error, str(name), decoder.decode(content))
        error.__dict__["_veritune_text"] = str(text)
        if type(more.get("on")) is int:
            error.__dict__["_veritune_on"] = more["on"]
        for name in ("__cause__", "__context__"):
            if name in more:
                setattr(error, name, self.error(more[name]))
        return self._noted(error, text, line)

    def _kind(self, tag: str, value: Any, known: type[BaseException]) -> Any:
        """The class of an exception: the candidate's, a library's, or one of the tests' own."""
        if tag == "p":
            return self.exposed.objects[value]
        return self._library(value, known) if tag == "lc" else self.klass(value, known)

    def _noted(self, error: BaseException, text: Any, line: Any) -> BaseException:
        self.raised = error
        self.raised_text = f"{type(error).__name__}: {text}"[:500]
        if type(line) is int:
            self.raised_text += f" (line {line} of the program)"
        return error

    def _proxy(self, number: Any, make: Callable[[], Any]) -> Any:
        if type(number) is not int or not 0 <= number < MAX_HANDLES:
            raise codec.MalformedError("a bad handle")
        if number not in self._proxies:
            self._proxies[number] = make()
        return self._proxies[number]


ITERATORS: dict[str, Any] = {
    "it": RemoteIterator,
    "ge": RemoteGenerator,
    "ag": RemoteAsyncGenerator,
}
