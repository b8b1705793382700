"""Own code by its Python path: `package.module:name`, or `folder/file.py:name`.

Modules are looked for in the working directory first, then where Python looks. What is wrong with
a path, with the code behind it or with its options is a `RecipeError` of one line that begins with
the key.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import cast

from veritune.errors import RecipeError

Options = Mapping[str, object]
EMPTY = inspect.Parameter.empty
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def is_plugin(path: str) -> bool:
    """Whether a value names own code."""
    return ":" in path


def load_plugin(path: str, key: str) -> Callable[..., object]:
    """What stands behind a path; raises `RecipeError`."""
    module_name, _, name = path.rpartition(":")
    if not module_name or not name.isidentifier():
        raise RecipeError(f"{key}: {path!r}: expected package.module:name or file.py:name")
    module = _module(module_name, path, key)
    if not hasattr(module, name):
        known = [key for key, one in vars(module).items() if _is_own(one, module)]
        near = ", ".join(known[:8]) or "no function or class"
        raise RecipeError(f"{key}: {path!r}: {module_name} has no {name}; it has {near}")
    found = getattr(module, name)
    if not callable(found):
        raise RecipeError(f"{key}: {path!r}: {name} is no function or class")
    return cast("Callable[..., object]", found)


def _is_own(value: object, module: ModuleType) -> bool:
    """Whether a function or class is defined in a module, and is no import there."""
    kind = inspect.isfunction(value) or inspect.isclass(value)
    return kind and getattr(value, "__module__", None) == module.__name__


def _module(name: str, path: str, key: str) -> ModuleType:
    if (here := os.getcwd()) not in sys.path:
        # First, as `python file.py` has it.
        sys.path.insert(0, here)
    try:
        return _from_file(Path(name)) if name.endswith(".py") else importlib.import_module(name)
    except FileNotFoundError as error:
        where = error.filename or name
        raise RecipeError(f"{key}: {path!r}: no such file ({where})") from None
    except ModuleNotFoundError as error:
        raise RecipeError(
            f"{key}: {path!r}: no module {error.name!r}; it is looked for in {here} and where"
            " Python looks"
        ) from None
    except (Exception, SystemExit) as error:
        raise RecipeError(
            f"{key}: {path!r}: {name} cannot be imported ({what_went_wrong(error)})"
        ) from None


def _from_file(file: Path) -> ModuleType:
    name = f"veritune_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by its name
    spec.loader.exec_module(module)
    return module


def what_went_wrong(error: BaseException) -> str:
    """An exception with the line of own code that it comes from."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        line, trace = trace.tb_lineno, trace.tb_next
    return f"{type(error).__name__}: {error}, line {line}"[:300]


def check_call(
    function: Callable[..., object], takes: tuple[str, ...], options: Options, path: str, key: str
) -> None:
    """Raise `RecipeError` where a function cannot be called with these arguments and options.

    `takes` names the positional arguments; options are passed by name.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return  # written in C, and has no signature to look at
    kinds = [one.kind for one in parameters]
    slots = [one for one in parameters if one.kind in POSITIONAL]
    if len(slots) < len(takes) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise RecipeError(
            f"{key}: {path!r}: takes ({', '.join(one.name for one in slots)}), expected"
            f" ({', '.join(takes)}, and options by name)"
        )
    rest = slots[len(takes) :] + [one for one in parameters if one.kind == one.KEYWORD_ONLY]
    known = [one.name for one in rest]
    unknown = [name for name in options if name not in known]
    if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
        has = ", ".join(known) or "none"
        raise RecipeError(
            f"{_options(key)}.{unknown[0]}: {path!r} has no such option; it has {has}"
        )
    missing = [one.name for one in rest if one.default is EMPTY and one.name not in options]
    if missing:
        raise RecipeError(f"{_options(key)}.{missing[0]}: missing; {path!r} needs it")


def fitted(function: Callable[..., object], options: Options) -> dict[str, object]:
    """The options as the signature wants them: a command line cannot tell a text from a number."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return dict(options)
    wanted = {
        name: str(getattr(one.annotation, "__name__", one.annotation))
        for name, one in parameters.items()
    }
    # An int where a float is wanted, or a number where a text is.
    of = {"str": str, "float": float}
    return {
        name: of[wanted[name]](value)
        if wanted.get(name) in of and type(value) in (int, float)
        else value
        for name, value in options.items()
    }


def source_hash(path: str, key: str) -> str:
    """sha256 of the file behind a path, to notice that it changed; what it imports is not read."""
    found = load_plugin(path, key)
    try:
        file = inspect.getsourcefile(inspect.unwrap(found))
    except TypeError:  # An object that is called, or one written in C: the module that has it.
        file = _module(path.rpartition(":")[0], path, key).__file__
    return hashlib.sha256(Path(file or "").read_bytes()).hexdigest()[:32] if file else ""


def _options(key: str) -> str:
    return f"{key.rpartition('.')[0]}.options".lstrip(".")
