"""Importing sympy when it is first needed, and the time that its work is given."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from veritune.algebra.limits import LimitReachedError, UndefinedError, UnparsedError, comparison

if TYPE_CHECKING:
    from types import ModuleType

P = ParamSpec("P")
T = TypeVar("T")
# Raised by our own limits, so they say what they mean; all else sympy means as "cannot".
OURS = (UnparsedError, UndefinedError, LimitReachedError, MemoryError, RecursionError)
# Processor time of one comparison from the moment that it has calculus or sympy's work to do.
WORKING_SECONDS = 1.2


# Outside a worker nothing counts the time, and sympy is imported where it is needed.
_ALLOW: list[Callable[[float], None]] = [lambda seconds: None]
_BEFORE: list[Callable[[], None]] = [lambda: None]
# The comparison that was last given its time, which it gets once.
_GRANTED = [0]


def limited_by(allow: Callable[[float], None], before: Callable[[], None]) -> None:
    """From now on `allow(seconds)` is told how much processor time is left.

    `before()` is called before sympy is imported.
    """
    _ALLOW[0], _BEFORE[0] = allow, before


def more_time() -> None:
    """Give this comparison its time for what takes longer, once."""
    if _GRANTED[0] != comparison():
        _GRANTED[0] = comparison()
        _ALLOW[0](WORKING_SECONDS)


def engine() -> ModuleType:
    """The module sympy."""
    if "sympy" not in sys.modules:
        _BEFORE[0]()
    import sympy

    more_time()
    module: ModuleType = sympy
    return module


def attempted(work: Callable[P, T]) -> Callable[P, T]:
    """Work with sympy that raises `UnparsedError` where sympy cannot do it.

    sympy says so by errors of many kinds, none of which is one of ours.
    """

    @wraps(work)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except OURS:
            raise
        except Exception as error:
            raise UnparsedError(f"sympy: {error}") from None

    return attempt
