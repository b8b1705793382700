"""Exceptions on their way between the candidate and the tests."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from ..wire.decoder import ValueDecoder
from . import describing

if TYPE_CHECKING:
    from ..wire.encoder import Encoder
    from ..wire.messages import Encoded, ErrorDetails, PassedError, RaisedError

    class ObjectHolder(Protocol):
        """What is needed of the objects that the grader holds handles of."""

        def handle(self, value: object) -> int: ...
        def kind(self, kind: type) -> dict[str, Encoded]: ...
        def inside(self, tag: str, value: Encoded) -> object: ...
        def simple_encoder(self) -> Encoder: ...


# Of the standard library's exceptions: not in `__dict__`, and tests look at them.
ATTRIBUTES = ("name", "path", "errno", "returncode")


def raised(performer: ObjectHolder, data: PassedError) -> BaseException:
    """An exception that the tests raised or passed."""
    kind, args, text, number = data
    if isinstance(kind, str):
        made = getattr(builtins, kind, RuntimeError)
    else:
        made = cast("Callable[..., BaseException]", ValueDecoder(performer.inside).decode(kind))
    try:
        values = [ValueDecoder(performer.inside).decode(a) for a in args]
        error: BaseException = made(*values)
    except Exception:
        error = RuntimeError(text)
    with contextlib.suppress(Exception):
        error._veritune_number = number  # type: ignore[attr-defined]
    return error


def exception(performer: ObjectHolder, error: BaseException, depth: int = 0) -> RaisedError:
    """[class or None, builtin class, arguments, text, line in the candidate's text, more]."""
    kind = type(error)
    builtin = next(c.__name__ for c in kind.__mro__ if c.__module__ == "builtins")
    number = vars(kind).get("_veritune_passed")
    own = None if kind.__module__ == "builtins" else performer.kind(kind)
    own = own if number is None else {"p": number}
    try:
        text = str(error)[:2000]
    except BaseException:
        text = ""
    try:
        encoder = performer.simple_encoder()
        args = [encoder.encode(a) for a in error.args]
    except BaseException:
        args = [text]
    return (
        own,
        builtin,
        args,
        text,
        describing.line_of(error),
        _more(performer, error, own, depth),
    )


def _more(
    performer: ObjectHolder, error: BaseException, own: dict[str, Encoded] | None, depth: int
) -> ErrorDetails:
    more: ErrorDetails = {}
    if depth == 0 or type(error).__module__ != "builtins":
        more["on"] = performer.handle(error)
    state = {k: v for k, v in getattr(error, "__dict__", {}).items() if k[:9] != "_veritune"}
    state |= {n: v for n in ATTRIBUTES if type(v := getattr(error, n, None)) in (str, int)}
    if state and (own is None or "lc" in own):
        with contextlib.suppress(Exception):
            encoder = performer.simple_encoder()
            more["state"] = {name: encoder.encode(value) for name, value in state.items()}
    if (number := getattr(error, "__dict__", {}).get("_veritune_number")) is not None:
        more["p"] = number
    if depth >= describing.DEPTH:
        return more
    if error.__cause__ is not None:
        more["__cause__"] = exception(performer, error.__cause__, depth + 1)
    if error.__context__ is not None:
        more["__context__"] = exception(performer, error.__context__, depth + 1)
    if isinstance(error, BaseExceptionGroup):
        more["group"] = [exception(performer, e, depth + 1) for e in error.exceptions[:100]]
    return more
