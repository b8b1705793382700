"""The corpus of programs that try to pass without solving anything, and the tests they face."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from veritune.records import Candidate, Problem, problem_from_json

HACKS = Path(__file__).with_name("hacks")
HEADING = re.compile(r"^### ([\w-]+): .+\n", re.MULTILINE)
HONEST = "def double(x):\n    return 2 * x\n"
CHECK = """
def check(candidate):
    assert candidate(3) == 6
    assert candidate([1]) == [1, 1]
    assert abs(candidate(2.5) - 5.0) < 1e-9
    for number in range(3):
        assert candidate(number) == number + number
"""
ASSERTS = """
assert double(3) == 6
assert double([1]) == [1, 1]
assert abs(double(2.5) - 5.0) < 1e-9
assert set(double([7])) == {7} and len(double([7])) == 2
assert all(double(x) == x + x for x in (1, 2, 3))
assert round(double(1.5), 3) == 3.0 and sorted(double([2])) == [2, 2]
"""
CASES = [
    {"args": [3], "expected": 6},
    {"args": [[1]], "expected": [1, 1]},
    {"args": [2.5], "expected": 5.0},
    {"args": ["ab"], "expected": "abab"},
]
PYTEST = """
import pytest
from solution import double

@pytest.mark.parametrize("x, want", [(3, 6), ([1], [1, 1]), ("ab", "abab")])
def test_values(x, want):
    assert double(x) == want

def test_float():
    assert double(2.5) == pytest.approx(5.0)
"""
UNITTEST = """
import unittest
import solution

class TestDouble(unittest.TestCase):
    def test_values(self):
        self.assertEqual(solution.double(3), 6)
        self.assertListEqual(solution.double([1]), [1, 1])
    def test_float(self):
        self.assertAlmostEqual(solution.double(2.5), 5.0)
"""
TESTS: dict[str, dict[str, Any]] = {
    "calls": {"type": "calls", "entry_point": "double", "cases": CASES},
    "asserts": {"type": "asserts", "code": ASSERTS},
    "check": {"type": "check", "entry_point": "double", "code": CHECK},
    "pytest": {"type": "pytest", "files": {"test_double.py": PYTEST}},
    "unittest": {"type": "pytest", "files": {"test_double.py": UNITTEST}},
}


def problem(tests: dict[str, Any], **reference: Any) -> Problem:
    """A code problem with these tests."""
    return problem_from_json(
        {"id": "p", "kind": "code", "prompt": "p", "reference": {"tests": tests, **reference}}
    )


def candidate(text: str) -> Candidate:
    """A candidate of that problem."""
    return Candidate(problem_id="p", index=0, text=text)


def programs(file: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of every part of a file; a part begins with `### name: what it does`."""
    parts = HEADING.split(file.read_text())[1:]
    yield from zip(parts[::2], parts[1::2], strict=True)


def hacks() -> Iterator[tuple[str, str]]:
    """(name, program) of every hack in the corpus."""
    for file in sorted(HACKS.glob("*.txt")):
        yield from programs(file)
