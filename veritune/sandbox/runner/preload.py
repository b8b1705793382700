"""Modules that most test programs import, loaded once so that each grader has them for nothing."""

from __future__ import annotations

import importlib

MODULES = """
abc ast collections copy functools itertools json math operator re string types typing
"""


def preload() -> None:
    """Import them, and the grader."""
    for name in MODULES.split():
        importlib.import_module(name)
    from . import grader  # noqa: F401
