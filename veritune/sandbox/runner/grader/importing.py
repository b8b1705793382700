"""Imports in a test file of what is the candidate's: they give modules of its process."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence

from .channel import Channel
from .modules import RemoteModule


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules named, and those inside them, in the candidate's process only."""

    def __init__(self, channel: Channel, names: Sequence[str]) -> None:
        self._channel = channel
        self._names = frozenset(names)
        self._packages = {name.rpartition(".")[0] for name in names if "." in name}

    def install(self) -> None:
        """Ask here first, before any file of the tests'."""
        for name in [n for n in sys.modules if self._is_ours(n)]:
            del sys.modules[name]
        sys.meta_path.insert(0, self)

    def _is_ours(self, name: str) -> bool:
        return any(name == own or own.startswith(f"{name}.") for own in self._names)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self._is_ours(name):
            return None
        is_package = any(own.startswith(f"{name}.") for own in self._names)
        return importlib.machinery.ModuleSpec(name, self, is_package=is_package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = self._channel.ask("module", name=spec.name)
        if not isinstance(module, RemoteModule):
            self._channel.lose(f"{spec.name} is no module")
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """It has run over there."""
