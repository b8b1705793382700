"""How the candidate's text is loaded: as the modules that its tests import."""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import types
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import importlib.abc
    import io

# The name that tests import the candidate by; its file would be `solution.py`.
MODULE = "solution"


def as_usual() -> None:
    """What a started Python has, and one started without its site module has not."""
    from _sitebuiltins import Quitter, _Helper

    for name in ("exit", "quit"):
        setattr(builtins, name, Quitter(name, "Ctrl-D (i.e. EOF)"))
    builtins.help = _Helper()


def standard_streams() -> None:
    """Streams on the descriptors as they are now: those of before the fork were on others."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        errors = "backslashreplace" if fd == 2 else "strict"
        stream = open(fd, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        cast("io.TextIOWrapper", stream).reconfigure(line_buffering=fd == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def int_digits(limit: int | None) -> None:
    """The most digits of a number that is read or printed; None: as Python has it."""
    if limit is not None:
        sys.set_int_max_str_digits(limit)


def write(name: str, data: str | bytes) -> None:
    """Write one of the job's files, at a path below the working folder."""
    folder = os.path.dirname(name)
    if folder:
        os.makedirs(folder, exist_ok=True)
    kind, encoding = ("w", "utf-8") if isinstance(data, str) else ("wb", None)
    with open(name, kind, encoding=encoding) as stream:
        stream.write(data)


def run_texts(sources: list[tuple[str, str]], space: dict[str, object]) -> None:
    """Run texts in their order, each as Python runs a file: with no flags of this one's."""
    for name, text in sources:
        exec(compile(text, name, "exec", dont_inherit=True), space)


def run_as(name: str, module: types.ModuleType, sources: list[tuple[str, str]]) -> None:
    """Import the module as Python does one of a package: its packages first, by their own files."""
    from importlib.machinery import ModuleSpec

    plain = name.removesuffix(".__init__")

    class Loader:
        def find_spec(self, wanted: str, path: object, target: object = None) -> object:
            loader = cast("importlib.abc.Loader", self)
            return ModuleSpec(plain, loader, is_package=plain != name) if wanted == plain else None

        def create_module(self, spec: object) -> types.ModuleType:
            return module

        def exec_module(self, made: object) -> None:
            run_texts(sources, vars(module))

    sys.meta_path.insert(0, cast("importlib.abc.MetaPathFinder", Loader()))
    if plain != name:
        module.__path__ = [os.path.abspath(plain.replace(".", "/"))]
    importlib.import_module(plain)
    sys.modules[name] = module


def package_of(aliases: list[str]) -> str | None:
    """The first of these names that stands in a folder of the candidate's."""
    return next((a for a in aliases if "." in a and os.path.isdir(a.partition(".")[0])), None)


def name_also(module: types.ModuleType, aliases: list[str]) -> str | None:
    """Name the module also so; returns the name by which Python is to import it, if any."""
    package = package_of(aliases)
    for alias in aliases:
        if alias != package:
            sys.modules[alias] = module
            _parents(alias, module)
    return package


def _parents(name: str, module: types.ModuleType) -> None:
    """The packages that a dotted name stands in."""
    parent, _, last = name.rpartition(".")
    if not parent:
        return
    package = sys.modules.setdefault(parent, types.ModuleType(parent))
    package.__dict__.setdefault("__path__", [os.path.abspath(parent.replace(".", "/"))])
    setattr(package, last, module)
    _parents(parent, package)


def new_module() -> types.ModuleType:
    """The module that the candidate's sources are to fill."""
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    module.__file__ = f"{os.getcwd()}/{MODULE}.py"
    sys.argv = [f"{MODULE}.py"]
    return module
