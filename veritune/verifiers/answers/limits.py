"""The hard limits that hold before any arithmetic is done on a text."""

from __future__ import annotations

import threading

LONGEST_ANSWER = 20_000
"""Characters of one answer."""
MOST_TOKENS = 4_000
"""Tokens of one answer."""
DEEPEST = 60
"""Nesting of brackets, fractions, roots and powers."""
MOST_DIGITS = 4_000
"""Digits of one number inside an expression (a lone integer may have any length)."""
MOST_BITS = 400_000
"""Size of an exact intermediate result."""
MOST_ITEMS = 400
"""Members of one list, set or matrix, plus-minus signs written out."""
MOST_VARIABLES = 60
"""Different variables in one answer."""
MOST_PRECISION = 4_000
"""Decimal digits of a numeric evaluation."""
MOST_WORK = 150_000
"""Work of one comparison, in units of about 5 microseconds: a node visited at few digits is one."""
MOST_SPECIAL_DIGITS = 200
"""Digits to which gamma, erf and binomials of fractions are computed; their cost grows fast."""


class LimitReachedError(Exception):
    """An answer is larger than anything that is worth deciding."""


class UnparsedError(Exception):
    """A text that is not understood as mathematics."""


class UndefinedError(Exception):
    """An expression without a value, such as 1/0."""


class _Meter(threading.local):
    """The work that the comparison of this thread has done so far."""

    spent = 0.0


_METER = _Meter()


def start_meter() -> None:
    """A comparison begins: nothing is spent yet."""
    _METER.spent = 0.0


def spend(units: float) -> None:
    """Count work before it is done; raises where the comparison has done too much."""
    _METER.spent += units
    if _METER.spent > MOST_WORK:
        raise LimitReachedError("too much work")
