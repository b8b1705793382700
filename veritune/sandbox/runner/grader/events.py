"""What the candidate printed, warned of and logged, where the tests look at it."""

from __future__ import annotations

import builtins
import sys

# Of one answer; a candidate may write each of them by hand.
MOST = 100_000


def replay(noted: object) -> None:
    """Have it happen here, in its order; what is malformed is left out."""
    if type(noted) is not list:
        return
    for event in noted[:MOST]:
        if type(event) is list and event and all(type(part) in (str, int) for part in event):
            _replay_one(*event)


def _replay_one(kind: object, *parts: object) -> None:
    if kind in ("out", "err") and len(parts) == 1:
        getattr(sys, f"std{kind}").write(str(parts[0]))
    elif kind == "warn" and len(parts) == 5:
        _warn(*parts)
    elif kind == "log" and len(parts) == 3 and type(parts[1]) is int:
        import logging

        logging.getLogger(str(parts[0])).log(parts[1], "%s", parts[2])


def _warn(name: object, builtin: object, filename: object, line: object, text: object) -> None:
    import warnings

    category = getattr(builtins, str(builtin), UserWarning)
    if not (isinstance(category, type) and issubclass(category, Warning)):
        category = UserWarning
    warnings.warn_explicit(str(text), category, str(filename), line if type(line) is int else 0)
