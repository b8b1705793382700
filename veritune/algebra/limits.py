"""The hard limits that hold before any arithmetic is done on a text."""

from __future__ import annotations

import threading

# Characters of one answer.
LONGEST_ANSWER = 20_000
# Tokens of one answer.
MOST_TOKENS = 4_000
# Nesting of brackets, fractions, roots and powers.
DEEPEST = 60
# Digits of one number inside an expression (a lone integer may have any length).
MOST_DIGITS = 4_000
# Size of an exact intermediate result.
MOST_BITS = 400_000
# Members of one list, set or matrix, plus-minus signs written out.
MOST_ITEMS = 400
# Different variables in one answer.
MOST_VARIABLES = 60
# Decimal digits of a numeric evaluation.
MOST_PRECISION = 4_000
# Work of one comparison, in units of about 5 microseconds: a node visited at few digits is one.
MOST_WORK = 150_000
# Digits to which gamma, erf and binomials of fractions are computed; their cost grows fast.
MOST_SPECIAL_DIGITS = 200


class LimitReachedError(Exception):
    """An answer is larger than anything that is worth deciding."""


class UnparsedError(Exception):
    """A text that is not understood as mathematics."""


class UndefinedError(Exception):
    """An expression without a value, such as 1/0."""


class _Meter(threading.local):
    """The work that the comparison of this thread has done so far."""

    spent = 0.0
    # Counts the comparisons of this thread.
    comparison = 0


_METER = _Meter()


def start_meter() -> None:
    """A comparison begins: nothing is spent yet."""
    _METER.spent = 0.0
    _METER.comparison += 1


def comparison() -> int:
    """The number of the comparison that this thread is at."""
    return _METER.comparison


def spend(units: float) -> None:
    """Count work before it is done; raises where the comparison has done too much."""
    _METER.spent += units
    if _METER.spent > MOST_WORK:
        raise LimitReachedError("too much work")
