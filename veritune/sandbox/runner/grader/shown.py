"""Short texts for values that may be hostile."""

from __future__ import annotations

import reprlib


def shown(value: object) -> str:
    """A short text for a value that may be hostile."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 120
    short.maxlist = short.maxtuple = short.maxdict = short.maxset = 12
    short.maxlevel = 3  # a list of twelve times the same list, and so on, is sent in a few bytes
    try:
        return short.repr(value)[:300]
    except BaseException as error:
        return f"<{type(value).__name__}, which cannot be shown: {type(error).__name__}>"
