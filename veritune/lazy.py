"""Names of a package's face whose module is imported with their first use.

Behind them stands something heavy, such as torch, that `veritune --help` must not load. A face
imports the same names for type checkers:

    if TYPE_CHECKING:
        from veritune.models import RewardModel
    else:
        __getattr__ = lazily(__name__, {"reward": ("RewardModel",)})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


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
