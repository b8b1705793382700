"""Equality of a result with an expected value that stands in a JSON file."""

from __future__ import annotations

import math

# Relative: far above a double's rounding, far below what an answer could mean.
TOLERANCE = 1e-9


def same(got: object, expected: object) -> bool:
    """Whether `got` is the value that JSON can say of it.

    JSON has no tuples and only text as keys, so a tuple is a list, and keys compare as JSON
    writes them. A float that is expected may differ by rounding; a nan equals a nan.
    """
    if isinstance(expected, float):
        return _close(got, expected)
    if type(expected) is list:
        if type(got) is list or isinstance(got, tuple):
            return len(got) == len(expected) and all(map(same, got, expected))
        return False
    if type(expected) is dict:
        if not isinstance(got, dict) or len(got) != len(expected):
            return False
        keys = {_key(k): v for k, v in got.items()}
        return keys.keys() == expected.keys() and all(same(keys[k], expected[k]) for k in expected)
    return bool(got == expected)


def _close(got: object, expected: float) -> bool:
    if type(got) is not float:
        return bool(got == expected)
    if math.isnan(expected):
        return math.isnan(got)
    return got == expected or math.isclose(got, expected, rel_tol=TOLERANCE, abs_tol=1e-12)


def _key(key: object) -> str:
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if type(key) is str else str(key)
