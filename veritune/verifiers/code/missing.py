"""Libraries: which ones tests and reference import, and what is said where one is missing."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable

from veritune.records import TestVerdict
from veritune.verifiers.code.extract import MOST_KNOWN
from veritune.verifiers.code.modules import KNOWN

# At any depth: a library may be imported where it is used.
IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
# The words of Python's own exception, by which a library is told from a fault.
MISSING = re.compile(r"(?:ModuleNotFoundError|ImportError): No module named '(\w+)")
# What tests import without using the objects of a library.
COVERED = frozenset({"pytest", "unittest", "hypothesis", "numpy", "solution", "pytest_asyncio"})


@functools.lru_cache(maxsize=MOST_KNOWN)
def libraries(*texts: str) -> frozenset[str]:
    """Packages that these texts import, beside the standard library and what tests run with."""
    found = {name for text in texts for name in IMPORT.findall(text)}
    return frozenset(found & KNOWN) - COVERED - sys.stdlib_module_names


def missing_library(tests: Iterable[TestVerdict], texts: Iterable[str]) -> str:
    """The library whose absence failed a test, or "".

    A name that is no library's, and that neither tests nor reference import, is the candidate's
    own mistake.
    """
    asked = {name for text in texts for name in IMPORT.findall(text)}
    for test in tests:
        if test.outcome == "accepted":
            continue
        found = MISSING.search(test.reason)
        if found and found[1] in KNOWN | asked:
            return found[1]
    return ""
