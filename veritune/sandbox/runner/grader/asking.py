"""What proxies need of the channel that they came through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn, Protocol

if TYPE_CHECKING:
    import inspect
    from typing import Unpack

    from ..wire.messages import Target

# What a test may ask of an object by name; all others are Python's own business on either side.
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

    def ask(
        self,
        op: str,
        args: Sequence[object] = (),
        kwargs: dict[str, object] | None = None,
        **rest: Unpack[Target],
    ) -> object:
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

    def derive(self, made: type, space: dict[str, object]) -> None:
        """Have a class that the tests derive from the candidate's made over there, too."""
        ...

    def signature(self, number: int) -> inspect.Signature:
        """The signature of a function or class of the candidate's."""
        ...

    def reference_class(self, name: str) -> type | None:
        """The class of this name in the reference solution, where there is one."""
        ...

    def equal(self, left: object, right: object) -> bool:
        """Whether an object of the candidate's equals anything, decided on this side."""
        ...

    def doubt_combination(self, target: object, name: str, operand: object, result: object) -> None:
        """Look at what an operator gives for other operands, too."""
        ...


def where(value: object) -> tuple[Asker, int]:
    """The channel and the number of an object of the candidate's."""
    found: tuple[Asker, int] = object.__getattribute__(value, "_veritune")
    return found


def class_where(kind: type) -> tuple[Asker, int]:
    """The channel and the number of a class of the candidate's."""
    found: tuple[Asker, int] = type.__getattribute__(kind, "_veritune_class")
    return found


def attribute(channel: Asker, number: int, name: str) -> object:
    """An attribute over there."""
    if name.startswith("__") and name.endswith("__") and name not in SAFE_DUNDERS:
        raise AttributeError(name)
    return channel.ask("attribute", on=number, name=name)
