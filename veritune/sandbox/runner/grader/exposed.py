"""What the tests pass to the candidate by reference: their functions, objects and coroutines.

The candidate may call them and read what is public; it gets plain data, or another reference. It
never gets a module, a class's insides, a frame, or anything of the test framework's.
"""

from __future__ import annotations

import builtins
import io
import itertools
import sys
import types
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, cast

from .asking import class_where
from .proxies import RemoteClass, handle_of

if TYPE_CHECKING:
    from typing import NoReturn, Protocol

    from ..wire.encoder import Encoder
    from ..wire.messages import Encoded, PassedError

    class Link(Protocol):
        """What this side needs of the channel to the candidate."""

        def encoder(self) -> Encoder: ...
        def refuse(self, what: str) -> NoReturn: ...


# Whose objects never cross: with one of these a candidate could end or change a test.
FRAMEWORKS = frozenset(
    {"_pytest", "pytest", "pluggy", "hypothesis", "unittest", "runner", "doctest"}
)
# Iterators over what is in memory already, so taking all their items runs nobody's code.
FINITE = tuple(type(iter(kind())) for kind in (list, tuple, str, bytes, dict, set))
FINITE += (type(iter(range(1))), type(iter({}.values())), type(iter({}.items())))
# Those run code of the tests', item by item, as the candidate asks for them.
LAZY = (types.GeneratorType, map, filter, zip, enumerate, reversed)
# A candidate is told which of these an object of the tests' has, and may ask for no other.
OPERATORS = [
    "__len__",
    "__iter__",
    "__next__",
    "__contains__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__call__",
    "__enter__",
    "__exit__",
    "__eq__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__add__",
    "__radd__",
    "__sub__",
    "__mul__",
    "__rmul__",
    "__bool__",
    "__str__",
    "__repr__",
    "__hash__",
    "__int__",
    "__float__",
    "__index__",
    "__aenter__",
    "__aexit__",
    "__aiter__",
    "__anext__",
    "__truediv__",
    "__floordiv__",
    "__mod__",
    "__neg__",
    "__abs__",
    "__format__",
    "__reversed__",
    "__missing__",
]
# Every object has these from `object`: they count only where a class of its own defines them.
ALWAYS = frozenset({"__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__format__"})
# What a mock itself keeps book with; a candidate that set these would pass any assertion on it.
MOCKS = ("assert_", "called", "call_", "mock_", "method_calls", "side_effect", "return_value")
# Of one iterator that is sent whole.
MAX_ITEMS = 1_000_000


class Exposed:
    """Numbers for what was passed, and what the candidate may do with each."""

    def __init__(self, channel: Link, *, streams: bool) -> None:
        self._channel, self._streams = channel, streams
        # Whatever the tests passed; the candidate asks, and what it may not do is refused by name.
        self.objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    def early(self, value: object) -> Encoded:
        """The tag of one of the candidate's own, which goes back as itself; else None."""
        handle = handle_of(value)
        return None if handle is None else {"h": handle}

    def outside(self, value: object) -> Encoded:
        """The tag of what is no plain data; gives the test up where it may not cross."""
        if isinstance(value, types.CoroutineType):
            return {"aw": self._number(value)}
        if isinstance(value, BaseException):
            return {"ex": cast("Encoded", self.raised(value))}
        if isinstance(value, types.TracebackType):
            return None  # an exit that looks at it gets the exception itself
        if _is_builtin(value):
            # A library's function is looked up over there: called here, on what the candidate
            # passes it, it might do anything.
            found = cast("type", value)
            return {"lf": [str(found.__module__), found.__qualname__]}
        if isinstance(value, types.FunctionType | types.MethodType | types.BuiltinMethodType):
            return self._function(value)
        if type(value) in FINITE:
            encoder, items = self._channel.encoder(), cast("Iterable[object]", value)
            return {"it": [encoder.encode(v) for v in itertools.islice(items, MAX_ITEMS)]}
        if isinstance(value, types.ModuleType) and value.__name__ in sys.stdlib_module_names:
            return {"lm": value.__name__}
        if isinstance(value, type) and not _is_framework(value):
            if issubclass(value, BaseException):
                base = next(c.__name__ for c in value.__mro__ if c.__module__ == "builtins")
                return {"xc": [self._number(value), value.__name__, base]}
            return {"kc": [self._number(value), value.__name__]}
        if self._may_pass(value):
            return self._object(value)
        self._channel.refuse(
            f"the tests pass a {type(value).__name__}, which cannot cross to the candidate"
        )

    def _function(
        self, value: types.FunctionType | types.MethodType | types.BuiltinMethodType
    ) -> Encoded:
        if _is_framework(value) and not _of_mock(value):
            self._channel.refuse(f"the tests pass {value.__qualname__} of their framework")
        name = getattr(value, "__name__", "function")
        code = getattr(value, "__code__", None)
        is_async = bool(getattr(code, "co_flags", 0) & 0x80)
        doc = getattr(value, "__doc__", None)
        return {"cb": [self._number(value), name, is_async, doc, _words(value, code)]}

    def _object(self, value: object) -> Encoded:
        kind = type(value)
        names: list[Encoded] = [n for n in OPERATORS if _defined(kind, n)]
        return {"po": [self._number(value), names, "object"]}

    def _may_pass(self, value: object) -> bool:
        if isinstance(value, LAZY) or (callable(value) and type(value).__module__ == "functools"):
            return True
        if isinstance(value, io.IOBase) or _of_mock(value):
            return True
        return not _is_framework(type(value)) and not isinstance(value, type)

    def _number(self, value: object) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return number

    def do(self, number: int, op: str, args: list[object], kwargs: dict[str, object]) -> object:
        """What the candidate asks of an object that it was passed."""
        if number == -1:
            return self._stream(str(op), args)
        target = self.objects[number]
        if op == "call":
            return target(*args, **kwargs)
        if op == "await":
            return _run(target)
        if op == "attribute":
            return self._attribute(target, str(args[0]))
        if op == "isinstance" and isinstance(target, type):
            return isinstance(args[0], target)
        if op == "set":
            self._set(target, str(args[0]), args[1])
            return None
        if op in OPERATORS and _defined(type(target), op):
            return getattr(type(target), op)(target, *args, **kwargs)
        raise AttributeError(f"{op!r}")

    def _attribute(self, target: object, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(target, name)

    def _set(self, target: object, name: str, value: object) -> None:
        if name.startswith("__") or (_of_mock(target) and name.startswith(MOCKS)):
            raise AttributeError(f"{name!r} is the tests' own")
        setattr(target, name, value)

    def _stream(self, op: str, args: list[object]) -> object:
        if not self._streams:
            return ""
        if op == "input":
            return str(builtins.input(*args))
        return str(getattr(sys.stdin, "readline" if op == "readline" else "read")(*args))

    def raised(self, error: BaseException) -> PassedError:
        """[class, arguments, text, its number] of an exception of this side's."""
        kind = type(error)
        encoder = self._channel.encoder()
        try:
            args = [encoder.encode(a) for a in error.args]
        except Exception:
            args = [str(error)[:500]]
        own = next((c for c in kind.__mro__ if type(c) is RemoteClass), None)
        if (
            own is None
            and not _is_framework(kind)
            and kind.__module__ not in sys.stdlib_module_names
        ):
            return (self.outside(kind), args, str(error)[:500], self._number(error))
        name = next(c.__name__ for c in kind.__mro__ if c.__module__ == "builtins")
        shown: Encoded = {"h": class_where(own)[1]} if own is not None else name
        if own is None and kind.__module__ in sys.stdlib_module_names - FRAMEWORKS:
            shown = (
                {"lf": [kind.__module__, kind.__qualname__]}
                if kind.__module__ != "builtins"
                else name
            )
        return (shown, args, str(error)[:500], self._number(error))


def _words(value: object, code: types.CodeType | None) -> list[Encoded]:
    """[name, kind, has a default] of a function's parameters, as `inspect` numbers the kinds."""
    if code is None or isinstance(value, types.MethodType):
        return []
    names, count = code.co_varnames, code.co_argcount
    first = count - len(getattr(value, "__defaults__", None) or ())
    given = getattr(value, "__kwdefaults__", None) or {}
    found: list[Encoded] = [
        [name, 0 if n < code.co_posonlyargcount else 1, n >= first]
        for n, name in enumerate(names[:count])
    ]
    rest = count + code.co_kwonlyargcount
    named: list[Encoded] = [[name, 3, name in given] for name in names[count:rest]]
    if code.co_flags & 0x04:
        found.append([names[rest], 2, False])
        rest += 1
    return found + named + ([[names[rest], 4, False]] if code.co_flags & 0x08 else [])


def _run(awaitable: Awaitable[object]) -> object:
    """Run a coroutine of the tests' to its end, in a loop of its own: another is running."""
    import asyncio
    import threading

    found: list[object] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(_awaited(awaitable)))
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return found[0]


async def _awaited(value: Awaitable[object]) -> object:
    return await value


def _defined(kind: type, name: str) -> bool:
    if name in ALWAYS or name in ("__str__", "__repr__"):
        return any(name in vars(c) for c in kind.__mro__ if c is not object)
    return getattr(kind, name, None) is not None


def _is_builtin(value: object) -> bool:
    own_type = isinstance(value, type) and getattr(builtins, value.__name__, None) is value
    if own_type or (
        isinstance(value, type) and value.__module__ in sys.stdlib_module_names - FRAMEWORKS
    ):
        return True
    if isinstance(value, types.BuiltinFunctionType):
        return isinstance(value.__self__, types.ModuleType | types.NoneType)
    if not isinstance(value, types.FunctionType):
        return False
    return (
        value.__module__ in sys.stdlib_module_names - FRAMEWORKS and "<" not in value.__qualname__
    )


def _is_framework(value: object) -> bool:
    """Whether a class or function is of the test framework, or derives from one of its classes."""
    kinds = value.__mro__ if isinstance(value, type) else (value,)
    return any(str(getattr(k, "__module__", "")).partition(".")[0] in FRAMEWORKS for k in kinds)


def _of_mock(value: object) -> bool:
    mock = sys.modules.get("unittest.mock")
    if mock is None:
        return False
    target = value.__self__ if isinstance(value, types.MethodType) else value
    return isinstance(target, mock.NonCallableMock)
