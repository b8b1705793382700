"""Modules that most candidates import, loaded once so that each fork has them for nothing."""

from __future__ import annotations

import importlib

MODULES = """
abc array ast base64 bisect cmath collections contextlib copy dataclasses datetime decimal enum
fractions functools heapq io itertools json math operator random re string struct threading time
traceback types typing
"""


def preload() -> None:
    """Import them, and this package's own."""
    for name in MODULES.split():
        importlib.import_module(name)
    from . import candidate, judge, program, shared  # noqa: F401
