"""What the kinds of tests have in common."""

from __future__ import annotations

from veritune.records import AssertTests, CallTests, CheckTests, Tests


def entry_point(tests: Tests) -> str | None:
    """The name that the tests call, where they say it."""
    return tests.entry_point if isinstance(tests, CallTests | CheckTests) else None


def setup(tests: Tests) -> str:
    """The source that runs before the tests' own."""
    return tests.setup if isinstance(tests, AssertTests) else ""


def code(tests: Tests) -> str:
    """The tests' own source, where they are written as one."""
    return tests.code if isinstance(tests, AssertTests | CheckTests) else ""


def visible(tests: Tests) -> int | None:
    """How many of the first tests a prompt may show, where that is said."""
    return None if isinstance(tests, CheckTests) or tests.type == "pytest" else tests.visible
