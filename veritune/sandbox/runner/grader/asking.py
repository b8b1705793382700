"""What proxies need of the channel that they came through."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

SAFE_DUNDERS = frozenset(
    [
        "__name__",
        "__doc__",
        "__dict__",
        "__qualname__",
        "__annotations__",
        "__module__",
        "__wrapped__",
        "__members__",
        "__all__",
        "__version__",
        "__author__",
        "__file__",
        "__defaults__",
        "__kwdefaults__",
        "__func__",
        "__self__",
        "__match_args__",
        "__slots__",
        "__notes__",
        "__cached__",
        "__path__",
        "__spec__",
        "__type_params__",
        "__args__",
        "__origin__",
        "__isabstractmethod__",
        "__init__",
        "__post_init__",
    ]
)


class Asker(Protocol):
    """What a proxy needs of the `Channel` that it came through."""

    asked: set[int]
    given: set[int]
    has_reference: bool

    def ask(self, op: str, args: tuple[Any, ...] = (), kwargs: Any = None, **rest: Any) -> Any:
        """One request and its answer; raises what the candidate raised."""
        ...

    def doubt(self, why: str) -> None:
        """Note why the verdict is at lower trust."""
        ...

    def lose(self, why: str) -> NoReturn:
        """Give the candidate up for good."""
        ...

    def refuse(self, why: str) -> NoReturn:
        """Give the test up: it needs what cannot cross."""
        ...

    def reference_class(self, name: str) -> type | None:
        """The class of this name in the reference solution, where there is one."""
        ...

    def equal(self, left: Any, right: object) -> bool:
        """Whether an object of the candidate's equals anything, decided on this side."""
        ...

    def doubt_combination(self, target: Any, name: str, operand: Any, result: Any) -> None:
        """Look at what an operator gives for other operands, too."""
        ...


def where(value: Any) -> tuple[Asker, int]:
    """The channel and the number of an object of the candidate's."""
    found: tuple[Asker, int] = object.__getattribute__(value, "_veritune")
    return found


def class_where(kind: type) -> tuple[Asker, int]:
    """The channel and the number of a class of the candidate's."""
    found: tuple[Asker, int] = type.__getattribute__(kind, "_veritune_class")
    return found


def attribute(channel: Asker, number: int, name: str) -> Any:
    """An attribute over there."""
    if name.startswith("__") and name.endswith("__") and name not in SAFE_DUNDERS:
        raise AttributeError(name)
    return channel.ask("attribute", on=number, name=name)
