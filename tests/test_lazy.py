"""Patterns that are compiled with their first use."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import veritune.verifiers
from veritune.lazy import UsedPattern, pattern


def test_a_late_pattern_is_the_pattern() -> None:
    late = pattern(r"(\d+) ?m", re.IGNORECASE)
    found = late.search("it is 12 M")
    assert found is not None and found.group(1) == "12"
    assert late.sub("far", "5 m") == "far"
    assert late.groups == 1 and late.pattern == r"(\d+) ?m"


def test_one_that_is_wrong_says_so_when_it_is_used() -> None:
    with pytest.raises(re.error):
        pattern("(").search("")


def test_every_late_pattern_of_the_verifiers_compiles() -> None:
    checked = 0
    for module in pkgutil.walk_packages(veritune.verifiers.__path__, "veritune.verifiers."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, UsedPattern):
                thing.search("")  # type: ignore[attr-defined]
                checked += 1
    assert checked > 30
