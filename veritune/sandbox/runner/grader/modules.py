"""The candidate's modules as proxies."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, cast

from .asking import Asker, attribute, class_where
from .proxies import RemoteClass

# The import system sets and reads these on this side's own module object.
OF_IMPORT = frozenset(
    {
        *("__spec__", "__loader__", "__package__", "__path__", "__cached__", "__file__"),
        *("_channel", "_number", "__builtins__"),
    }
)
# A module's `__dict__` is hidden by a property below: this is how to reach the real one.
_LOCAL = cast("types.GetSetDescriptorType", vars(types.ModuleType)["__dict__"])


def _own(module: types.ModuleType) -> dict[str, Any]:
    """What a proxy itself holds: its `__dict__` is looked up over there."""
    return cast("dict[str, Any]", _LOCAL.__get__(module))


class RemoteModule(types.ModuleType):
    """A module that the candidate's code imported, or that it is."""

    _veritune_number = property(lambda self: _own(self)["_number"])

    def __init__(self, channel: Asker, number: int, name: str) -> None:
        super().__init__(name)
        self._channel: Asker  # types alone
        self._number: int
        own = _own(self)
        del own["__doc__"]
        own |= {"_channel": channel, "_number": number, "__file__": f"{name.replace('.', '/')}.py"}

    def __setattr__(self, name: str, value: object) -> None:
        if name in OF_IMPORT:
            _own(self)[name] = value
            return
        self._channel.ask("set", (value,), on=self._number, name=name)

    def __delattr__(self, name: str) -> None:
        self._channel.ask("delete", on=self._number, name=name)

    def __dir__(self) -> list[str]:
        return cast("list[str]", self._channel.ask("dir", on=self._number))

    def __getattr__(self, name: str) -> object:
        if name in OF_IMPORT:
            raise AttributeError(name)
        if name == "__all__":
            return [n for n in self.__dir__() if not n.startswith("_")]
        own = _own(self)
        channel: Asker = own["_channel"]
        value = attribute(channel, own["_number"], name)
        # Without a reference, tests that call a function must not get a class in its place.
        if isinstance(value, RemoteClass) and (
            channel.has_reference or name.lstrip("_")[:1].isupper()
        ):
            channel.asked.add(class_where(value)[1])
        return value

    @property
    def __dict__(self) -> object:  # type: ignore[override]
        return _Names(self)


class _Names(Mapping[str, object]):
    """What a module holds, looked up over there."""

    def __init__(self, module: RemoteModule) -> None:
        self._module = module

    def __getitem__(self, name: str) -> object:
        own = _own(self._module)
        if name in own:
            return own[name]
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._module))

    def __len__(self) -> int:
        return len(dir(self._module))
