"""Modules that most test programs import, loaded once so that each grader has them for nothing."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys

# Imported before anything is forked: what many candidates and tests import, and nothing dear.
MODULES = """
abc ast collections copy functools itertools json math operator re string types typing
"""
# The variable that names the modules of the user's libraries which are imported ahead.
PRELOAD = "VERITUNE_PRELOAD"
LIBRARIES, PACKAGES = "/opt/libraries", "/opt/packages"


def libraries() -> None:
    """Make the libraries importable, and import those that are to be had at once."""
    sys.path += [LIBRARIES, PACKAGES]
    os.environ.setdefault("MPLBACKEND", "Agg")
    for name in os.environ.get(PRELOAD, "").split():
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def preload() -> None:
    """Import them, and what grades."""
    for name in MODULES.split():
        importlib.import_module(name)
    from . import grading  # noqa: F401
