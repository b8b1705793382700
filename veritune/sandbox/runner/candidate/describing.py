"""What the grader is told of a class, a function or an exception of the candidate's."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, cast

from ..wire.encoder import plain_form
from .loading import MODULE
from .operators import offered

if TYPE_CHECKING:
    from ..wire.messages import ClassDetails, Description

    Setter = Callable[[object, object], None]
    Deleter = Callable[[object], None]

# Of one class; a candidate could make up any number of them.
MOST_NAMES = 2_000
# Causes of causes that are told.
DEPTH = 5
# Types whose instances are a value on the other side, too, whatever class of theirs they are.
BUILTIN = (int, float, complex, str, bytes, tuple, frozenset, list, dict, set, bytearray)


def is_library(kind: type) -> bool:
    """Whether a class comes from a module of the standard library or a package, by its own word."""
    module = str(getattr(kind, "__module__", "")).partition(".")[0]
    return module in sys.stdlib_module_names and module != "builtins" and module in sys.modules


def description(kind: type) -> Description:
    """[name, own base classes, operators, builtin base, members by kind, more].

    Operators are those that the class or a class of its own defines, and a builtin does not.
    """
    builtin = next((c.__name__ for c in kind.__mro__ if c.__module__ == "builtins"), "object")
    bases = [b for b in kind.__bases__ if b.__module__ != "builtins"]
    operators, members = offered_by_own(kind), _members(kind)
    return (kind.__name__, bases, operators, builtin, members, _more(kind))


def offered_by_own(kind: type) -> list[str]:
    """Operators that do not come from a builtin type."""
    found = []
    for name in offered(kind):
        home = next(c for c in kind.__mro__ if name in vars(c))
        if home.__module__ != "builtins":
            found.append(name)
    return found


def _members(kind: type) -> dict[str, str]:
    """Names in the class itself: "f" for a function, "d" for what else binds, "v" for a value."""
    found: dict[str, str] = {}
    for name, value in list(vars(kind).items())[:MOST_NAMES]:
        if name.startswith("__") and name.endswith("__") and name != "__init__":
            continue
        if isinstance(value, types.FunctionType):
            found[name] = "f"
        else:
            found[name] = "d" if hasattr(type(value), "__get__") else "v"
    return found


def _more(kind: type) -> ClassDetails:
    more: ClassDetails = {}
    fields = vars(kind).get("__dataclass_fields__")
    if isinstance(fields, dict):
        more["fields"] = [
            [f.name, f.init, f.repr, f.compare, bool(f.kw_only)]
            for f in fields.values()
            if type(f).__name__ == "Field" and f._field_type.name == "_FIELD"
        ]
        params = getattr(kind, "__dataclass_params__", None)
        more["frozen"] = bool(getattr(params, "frozen", False))
    if type(kind) is not type and not is_library(kind):
        more["meta"] = True
    if isinstance(kind.__doc__, str) and "__doc__" in vars(kind):
        more["doc"] = kind.__doc__[:10_000]
    if issubclass(kind, BaseException):
        more["errors"] = [b.__name__ for b in kind.__bases__ if b.__module__ == "builtins"]
    if kind.__module__ not in ("builtins", "solution"):
        more["package"] = str(kind.__module__).partition(".")[0]
    if is_library(kind) or kind is property:
        more["library"] = [kind.__module__, kind.__qualname__]
    return more


def signature(value: Callable[..., object]) -> list[object]:
    """[[name, kind, default or nothing, annotation or nothing]...], [return annotation]."""
    import inspect

    found = inspect.signature(value)
    empty = inspect.Parameter.empty
    parameters = [
        [
            p.name,
            int(p.kind),
            [] if p.default is empty else [p.default],
            [] if p.annotation is empty else [p.annotation],
        ]
        for p in found.parameters.values()
    ]
    returned = found.return_annotation
    return [parameters, [] if returned is empty else [returned]]


def code_of(value: object) -> list[object]:
    """[flags, three counts of parameters, their names] of a function's code.

    Flags say whether it is a generator or a coroutine function.
    """
    code = getattr(value, "__code__", None)
    if not isinstance(code, types.CodeType):
        return [0, 0, 0, 0, []]
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount]
    return [code.co_flags, *counts, list(code.co_varnames[:count])]


def compares_as(value: object, kind: type) -> bool:
    """Whether a library's abstract class says what an object equals."""
    return isinstance(value, kind) and getattr(type(value), "__eq__") is getattr(kind, "__eq__")  # noqa: B009


def plain_of(value: object) -> object:
    """The builtin value that an object is, or that its library's abstract class says it equals."""
    plain = plain_form(value)
    if plain is None and isinstance(value, Mapping) and compares_as(value, Mapping):
        return dict(value.items())
    if plain is None and isinstance(value, Set) and compares_as(value, Set):
        return set(value)
    return plain


def bound(kind: str, value: object) -> object:
    """A member of a class as its definition said it."""
    if kind == "property":
        fget, fset, fdel = cast("list[Callable[..., object] | None]", value)
        return property(fget, cast("Setter", fset), cast("Deleter", fdel))
    return {"static": staticmethod, "class": classmethod}.get(kind, lambda v: v)(value)


def line_of(error: BaseException) -> int | None:
    """The last line of the candidate's own text that an exception passed."""
    if isinstance(error, SyntaxError) and error.filename == f"{MODULE}.py":
        return error.lineno
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == f"{MODULE}.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
