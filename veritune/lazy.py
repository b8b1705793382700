"""What is made with its first use: names of a package's face, and patterns.

Behind such names stands something heavy, such as torch, that `veritune --help` must not load. A
face imports the same names for type checkers:

    if TYPE_CHECKING:
        from veritune.models import RewardModel
    else:
        __getattr__ = lazily(__name__, {"reward": ("RewardModel",)})
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import cast

METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split", "groups")


def lazily(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """A module's `__getattr__` (PEP 562) for names by the module of the package that has them.

    "name=other" gives the module's `other` under another name.
    """
    where: dict[str, tuple[str, str]] = {}
    for module, names in modules.items():
        for name in names:
            public, _, own = name.partition("=")
            where[public] = module, own or public

    def found(name: str) -> object:
        if name not in where:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        module, own = where[name]
        return getattr(import_module(f"{package}.{module}"), own)

    return found


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, with the first use: a command that never needs a long one does not wait."""
    return cast("re.Pattern[str]", LatePattern(text, flags))


class UsedPattern:
    """Has a compiled pattern's methods; without `__getattr__`, which makes each access slower."""

    def __init__(self, text: str, flags: int) -> None:
        self.pattern, self.flags = text, flags


class LatePattern(UsedPattern):
    """Stands for a pattern until its first use."""

    def __getattr__(self, name: str) -> object:
        compiled = re.compile(self.pattern, self.flags)
        for method in METHODS:
            setattr(self, method, getattr(compiled, method))
        self.__class__ = UsedPattern  # type: ignore[assignment]
        return getattr(compiled, name)
