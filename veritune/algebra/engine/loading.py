"""Importing sympy when it is first needed, and the time that its work is given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError, comparison

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")
# Raised by our own limits, so they say what they mean; all else sympy means as "cannot".
OURS = (UnparsedError, UndefinedError, LimitReachedError, MemoryError, RecursionError)
# Processor time that the import may take; no text can make it longer.
LOADING_SECONDS = 20.0
# Processor time of one comparison from the moment that it needs sympy.
WORKING_SECONDS = 1.2


def _unlimited(_: float) -> None:
    """Outside a worker nothing counts the time."""


_ALLOW: list[Callable[[float], None]] = [_unlimited]
# The comparison that was last given its time, which it gets once.
_GRANTED = [0]


def limited_by(allow: Callable[[float], None]) -> None:
    """From now on `allow(seconds)` is told how much processor time is left."""
    _ALLOW[0] = allow


def engine() -> ModuleType:
    """The module sympy."""
    if "sympy" not in sys.modules:
        _ALLOW[0](LOADING_SECONDS)
        _GRANTED[0] = 0
    import sympy

    if _GRANTED[0] != comparison():
        _GRANTED[0] = comparison()
        _ALLOW[0](WORKING_SECONDS)
    module: ModuleType = sympy
    return module


def attempted(work: Callable[[], T]) -> T:
    """What a piece of work with sympy gives; raises `UnparsedError` where sympy cannot do it.

    sympy says so by errors of many kinds, none of which is one of ours.
    """
    try:
        return work()
    except OURS:
        raise
    except Exception as error:
        raise UnparsedError(f"sympy: {error}") from None
