"""Modules that most candidates import, loaded once so that each fork has them for nothing."""

from __future__ import annotations

import importlib

MODULES = """
ast abc array base64 bisect calendar cmath collections contextlib copy dataclasses datetime decimal
enum fractions functools gc hashlib heapq inspect io itertools json math numbers operator queue
random re statistics string struct textwrap threading time traceback types typing
"""


def preload() -> None:
    """Import them, and this package's own."""
    for name in MODULES.split():
        importlib.import_module(name)
    from . import candidate, judge, program  # noqa: F401
