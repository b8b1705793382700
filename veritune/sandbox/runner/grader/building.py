"""Exceptions, classes of libraries and dataclasses, built of what the candidate told of them."""

from __future__ import annotations

import importlib
import sys

from .proxies import RemoteClass

# Their classes mean something to a test framework, or do something on import.
KEPT_OUT = frozenset(
    {"unittest", "doctest", "bdb", "pdb", "antigravity", "this", "idlelib", "turtle", "test"}
)


def library_class(module: object, name: object) -> type | None:
    """A class of the standard library, or of a package that is loaded; None where there is none."""
    if (module, name) == ("builtins", "property"):
        return property
    top = str(module).partition(".")[0]
    if top in KEPT_OUT or (top not in sys.stdlib_module_names and module not in sys.modules):
        return None
    try:
        found: object = importlib.import_module(str(module))
        for part in str(name).split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return found if isinstance(found, type) and not isinstance(found, RemoteClass) else None


def made(kind: type[BaseException], values: tuple[object, ...]) -> BaseException:
    """An exception of a class, whatever its own initialiser wants."""
    try:
        error: BaseException = type.__call__(kind, *values)
    except Exception:
        error = kind.__new__(kind)
    error.args = values
    return error


def group(text: object, errors: list[BaseException]) -> BaseException:
    """A group of exceptions that crossed."""
    real = (
        BaseExceptionGroup if any(not isinstance(e, Exception) for e in errors) else ExceptionGroup
    )
    message = str(text).rpartition(" (")[0]
    return real(message, errors) if errors else RuntimeError(text)  # type: ignore[type-var]


def dataclass_space(told: list[list[object]]) -> dict[str, object]:
    """What makes a class a dataclass to `dataclasses.fields`, `asdict` and `replace`."""
    import dataclasses

    fields = {}
    for name, init, shown, compare, kw_only in told:
        found: dataclasses.Field[object] = dataclasses.field(
            init=bool(init), repr=bool(shown), compare=bool(compare), kw_only=bool(kw_only)
        )
        found.name, found.type = str(name), object
        found._field_type = dataclasses._FIELD  # type: ignore[attr-defined]
        fields[str(name)] = found
    return {"__dataclass_fields__": fields}
