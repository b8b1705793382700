"""What comes from the candidate, made into values of this side: plain data, proxies, exceptions."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, cast

from ..wire import codec
from ..wire.decoder import ValueDecoder, no_insiders
from ..wire.live import Live
from ..wire.simple import count, parts
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
    import inspect

    from ..wire.messages import Description, Encoded, RaisedError, SignatureParts
    from .asking import Asker
    from .exposed import Exposed

# Objects of one candidate that the grader holds a proxy of.
MAX_HANDLES = 100_000
# By name: a candidate says which builtin class its exception descends from.
EXCEPTIONS: dict[str, type[BaseException]] = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
# These would end a test, or a loop in it, as if it had come to its end.
ENDINGS = (GeneratorExit, KeyboardInterrupt)
# Raised by a function, these would end a loop of the tests' in silence.
STOPS = (StopIteration, StopAsyncIteration)
# Requests that may end an iteration.
STOPPING = frozenset({"__next__", "__anext__", "poll"})


class Inward:
    """Decodes answers. `raised`: the last exception of the candidate's, and its text."""

    exposed: Exposed
    ask: Callable[..., object]
    doubt: Callable[[str], None]
    refuse: Callable[[str], NoReturn]
    libraries: frozenset[str] = frozenset()
    asked: set[int]

    def __init__(self) -> None:
        self._proxies: dict[int, object] = {}
        self.given: set[int] = set()
        self.raised: BaseException | None = None
        self.raised_text = ""
        self.contents: list[tuple[int, object]] = []
        self.live = Live()
        self._deriving: RemoteClass | None = None
        self.stopping = self.expects_stop = False

    def inside(self, tag: str, value: Encoded) -> object:
        """The value of a tag that is no plain data."""
        if tag == "ob":
            found = self.object_made(tag, value)
            self.given.add(count(parts(value)[0]))
            return found
        if tag == "fn":
            number, name = parts(value)
            return self._proxy(
                number, lambda: RemoteFunction(self._as_asker(), count(number), str(name)[:200])
            )
        if tag == "cl":
            return self.klass(value, None)
        if tag == "l":
            return self.live.get(value)
        if tag == "sv":
            return self._value(*parts(value))
        if tag == "ex":
            return self.error(value)
        if tag == "p":
            return self._passed(value)
        if tag == "lc":
            return self._library(value, None)
        if tag == "co":
            return self._proxy(value, lambda: coroutine(self._as_asker(), count(value)))
        if tag == "md":
            number, name = parts(value)
            return self._proxy(
                number, lambda: RemoteModule(self._as_asker(), count(number), str(name)[:200])
            )
        kind = ITERATORS.get(tag)
        if kind is None:
            return no_insiders(tag, value)
        return self._proxy(value, lambda: kind(self._as_asker(), count(value)))

    def _passed(self, number: Encoded) -> object:
        """What the tests passed to the candidate, which gives it back."""
        return cast("object", self.exposed.objects[count(number)])

    def _as_asker(self) -> Asker:
        return cast("Asker", self)

    def _may_stop(self) -> bool:
        """Whether the end of an iteration may be raised: by what iterates, or at lower trust.

        Out of a function it would end a loop of the tests' as if all were done, unseen.
        """
        if self.stopping or not self.expects_stop:
            return self.stopping
        self.doubt("a function of the candidate's ends an iteration")
        return True

    def object_made(self, tag: str, value: Encoded) -> object:
        """As `inside`; an object is one that the tests made."""
        if tag != "ob":
            return self.inside(tag, value)
        number, kind = parts(value)
        return self._proxy(number, lambda: self._object(count(number), kind))

    def _object(self, number: int, kind: Encoded) -> object:
        made: object = object.__new__(self.klass(kind, None))
        object.__setattr__(made, "_veritune", (self, number))
        return made

    def _value(self, number: Encoded, kind: Encoded, plain: object) -> object:
        known = self._proxies.get(count(number))
        if known is None:
            known = self._proxy(
                number,
                lambda: hybrids.make(
                    self._as_asker(), count(number), self.klass(kind, None), plain
                ),
            )
            if hybrids.is_mutable(plain):
                self.contents.append((count(number), known))
        elif hybrids.is_mutable(plain):
            hybrids.refill(known, plain)
        return known

    def refresh(self) -> None:
        """Fetch anew what the candidate's lists, dicts and sets with methods of their own hold."""
        waiting, self.contents = self.contents, []
        try:
            held = [value for _, value in waiting]
            found = cast("list[object]", self.ask("contents", (held,)))
            for (_, value), plain in zip(waiting, found, strict=True):
                hybrids.refill(value, plain)
        finally:
            self.contents = waiting

    def klass(self, number: Encoded, exception: type[BaseException] | None) -> type:
        """A class of the candidate's."""
        made = self._proxy(number, lambda: self._describe(count(number), exception))
        return cast("type", made)

    def _library(self, value: Encoded, exception: type[BaseException] | None) -> type:
        """An exception of a library, which is the same on both sides; else the class as a proxy."""
        module, name, number = parts(value)
        found = library_class(module, name)
        if found is not None and (exception is not None or issubclass(found, BaseException)):
            return found
        return self.klass(number, exception)

    def _describe(self, number: int, exception: type[BaseException] | None) -> RemoteClass:
        if self._deriving is not None:
            derived, self._deriving = self._deriving, None
            type.__setattr__(derived, "_veritune_class", (self, number))
            self.asked.add(number)
            return derived
        found = cast("Description", self.ask("describe", on=number))
        name, bases, operators, builtin, members, more = found
        if exception is None and more.get("package") in self.libraries:
            self.refuse(
                f"the tests use objects of {more['package']}; grader these tests with in_process"
            )
        known = exception or EXCEPTIONS.get(builtin)
        parents = tuple(b for b in bases if isinstance(b, type))
        space: dict[str, object] = {"_veritune_class": (self, number), "__doc__": more.get("doc")}
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
                space |= dataclass_space(more["fields"])
        else:
            told = [EXCEPTIONS[name] for name in more.get("errors", []) if name in EXCEPTIONS]
            parents = self._of_exception((*parents, *told), known)
            space |= {n: Member(self._as_asker(), number, n, k) for n, k in members.items()
                      if k in "fd" and n != "__init__"}  # fmt: skip
        return RemoteClass(str(name)[:200], parents, space)

    def _operators(
        self, operators: list[str], number: int, members: dict[str, str]
    ) -> dict[str, object]:
        allowed = [n for n in operators if n in OPERATORS]
        space: dict[str, object] = {n: operator_method(n) for n in allowed}
        if "__hash__" not in allowed and "__eq__" in operators:
            space["__hash__"] = None
        if "__await__" in allowed:
            space["__await__"] = lambda self: coroutine(*where(self)).__await__()
        space["_veritune_operators"] = frozenset(str(n) for n in operators)
        space |= {str(n): Member(self._as_asker(), number, str(n), k) for n, k in members.items()}
        return space

    def _of_exception(
        self, parents: tuple[type, ...], known: type[BaseException]
    ) -> tuple[type, ...]:
        kinds = tuple(
            p for p in parents if isinstance(p, RemoteClass) or issubclass(p, BaseException)
        )
        if not any(issubclass(p, BaseException) for p in kinds):
            kinds = (*kinds, known)
        return kinds if any(issubclass(p, RemoteError) for p in kinds) else (RemoteError, *kinds)

    def derive(self, made: RemoteClass, space: dict[str, object]) -> None:
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
        self._deriving = cast("RemoteClass", made)
        self.ask("subclass", (made.__name__, bases, members))

    def signature(self, number: int) -> inspect.Signature:
        """The signature of a function or class of the candidate's."""
        import inspect

        told = cast("SignatureParts", self.ask("signature", on=number))
        parameters, returned = told
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

    def error(self, data: object) -> BaseException:
        """The exception that the candidate raised."""
        own, builtin, args, text, line, more = cast("RaisedError", data)
        passed = self._passed(more["p"]) if type(more.get("p")) is int else None
        if isinstance(passed, BaseException):
            return self._noted(passed, text, line)
        known = EXCEPTIONS.get(builtin, RuntimeError)
        decoder = ValueDecoder(self.inside)
        kind: type = known
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
            error: BaseException = group(text, [self.error(e) for e in more.get("group", [])])
        else:
            error = made(kind, values)
        for name, content in more.get("state", {}).items():
            with contextlib.suppress(Exception):
                BaseException.__setattr__(error, str(name), decoder.decode(content))
        error.__dict__["_veritune_text"] = str(text)
        if type(more.get("on")) is int:
            error.__dict__["_veritune_on"] = more["on"]
        if "__cause__" in more:
            error.__cause__ = self.error(more["__cause__"])
        if "__context__" in more:
            error.__context__ = self.error(more["__context__"])
        return self._noted(error, text, line)

    def _kind(self, tag: str, value: Encoded, known: type[BaseException]) -> type:
        """The class of an exception: the candidate's, a library's, or one of the tests' own."""
        if tag == "p":
            return cast("type", self._passed(value))
        return self._library(value, known) if tag == "lc" else self.klass(value, known)

    def _noted(self, error: BaseException, text: object, line: object) -> BaseException:
        self.raised = error
        self.raised_text = f"{type(error).__name__}: {text}"[:500]
        if type(line) is int:
            self.raised_text += f" (line {line} of the program)"
        return error

    def _proxy(self, number: Encoded, make: Callable[[], object]) -> object:
        if type(number) is not int or not 0 <= number < MAX_HANDLES:
            raise codec.MalformedError("a bad handle")
        if number not in self._proxies:
            self._proxies[number] = make()
        return self._proxies[number]


# By the tag of the wire.
ITERATORS: dict[str, Callable[[Asker, int], object]] = {
    "it": RemoteIterator,
    "ge": RemoteGenerator,
    "ag": RemoteAsyncGenerator,
}
