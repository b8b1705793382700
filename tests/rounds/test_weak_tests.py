"""Tests that let wrong programs pass are named."""

from __future__ import annotations

import pytest

from veritune.records import CodeProblem, problem_from_json
from veritune.rounds import try_tests
from veritune.verifiers import mutants

SOLUTION = "def f(x):\n    if x > 5:\n        return x + 1\n    return -x\n"
SUITE = """
from solution import f
def test_f():
    for x in range(-5, 20):
        assert f(x) == (x + 1 if x > 5 else -x)
"""
TESTS = {
    "a constant": {"type": "asserts", "code": "assert f(0) == 0\n" * 3},
    "few": {"type": "calls", "entry_point": "f", "cases": [{"args": [9], "expected": 10}] * 2},
    "mutants": {"type": "asserts", "code": "assert f(9) == 10\nassert f(0) == 0\n" * 2},
    "good": {"type": "pytest", "files": {"test_f.py": SUITE}},
    "program": {"type": "stdio", "cases": [{"input": "", "output": ""}] * 3},
}


def problem(name: str) -> CodeProblem:
    solution = "print()" if name == "program" else SOLUTION
    reference = {"tests": TESTS[name], "solution": solution}
    made = problem_from_json({"id": name, "kind": "code", "prompt": "p", "reference": reference})
    assert isinstance(made, CodeProblem)
    return made


@pytest.mark.asyncio
async def test_weak_tests_are_named() -> None:
    found = await try_tests([problem(name) for name in TESTS], mutants_each=8)
    said = {one.problem.id: one.warning for one in found}
    assert said.pop("good") is None
    assert said["a constant"] == "weak tests: a program that always returns 0 passes"
    assert said["few"] == "weak tests: a program that always returns 10 passes"
    assert said["program"] == "weak tests: a program that prints nothing passes"
    strength = {one.problem.id: one for one in found}
    assert strength["few"].cases == 2
    good, loose = strength["good"], strength["mutants"]
    assert good.mutants == loose.mutants == 4
    assert not good.survivors and len(loose.survivors) == 2


def test_mutants_change_one_token_each() -> None:
    text = "def f(a, *b, **c):\n    return [*a, -1, a if a == 2 else a - b[0]]\n"
    found = dict(mutants(text, 10))
    assert set(found) == {
        "line 2: '2' for '1'",
        "line 2: '!=' for '=='",
        "line 2: '3' for '2'",
        "line 2: '+' for '-'",
        "line 2: '1' for '0'",
    }
    assert found["line 2: '+' for '-'"] == text.replace("a - b", "a + b")
    assert not mutants("x = (", 10) and not mutants("def f(:", 0)
