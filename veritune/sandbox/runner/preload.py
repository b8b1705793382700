"""Modules that most test programs import, loaded once so that each judge has them for nothing."""

from __future__ import annotations

import importlib

MODULES = """
abc ast bisect cmath collections copy dataclasses datetime decimal fractions functools itertools
json math operator random re string traceback types typing
"""


def preload() -> None:
    """Import them, and the judge."""
    for name in MODULES.split():
        importlib.import_module(name)
    from . import judge  # noqa: F401
