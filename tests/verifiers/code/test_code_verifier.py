"""What a candidate's functions, classes, generators and exceptions look like to its tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import corpus
import pytest
import pytest_asyncio

from veritune.records import Verdict
from veritune.sandbox import Limits, Sandbox, open_sandbox
from veritune.verifiers.code import CodeVerifier
from veritune.verifiers.code.extract import Extracted, sources

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(workers=2, limits=Limits(wall_seconds=60)) as found:
        yield found


async def judge(sandbox: Sandbox, text: str, code: str, **reference: Any) -> Verdict:
    tests = {"type": "asserts", "code": code}
    return await CodeVerifier(sandbox).verify(
        corpus.problem(tests, **reference), corpus.candidate(text)
    )


ACCEPTED = dict(corpus.programs(Path(__file__).with_name("honest.txt")))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ACCEPTED)
async def test_honest_programs_pass(sandbox: Sandbox, name: str) -> None:
    text, code = ACCEPTED[name].split("---\n")
    solution = f"import math\nfrom collections import Counter\n{text}"
    verdict = await judge(sandbox, text, code, solution=solution)
    assert verdict.outcome == "passed", verdict.reason


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "code", "outcome", "reason"),
    [
        ("def f(x): return x", "assert f(1) == 2", "wrong answer", "got 1, compared with 2"),
        ("def f(x): return x.y", "assert f(1)", "runtime error", "AttributeError"),
        ("def f(x):\n  return 1 // x", "assert f(0)", "runtime error", "line 2"),
        ("def f(x) return x", "assert f(1)", "runtime error", "SyntaxError"),
        ("def g(x): return x", "assert f(1)", "runtime error", "'f' is not defined"),
        ("def f(x): return [x] * 10**9", "assert f(1)", "memory", "MemoryError"),
        ("def f(x): return f(x)", "assert f(1)", "runtime error", "RecursionError"),
        ("import os\ndef f(x): os._exit(3)", "assert f(1)", "runtime error", "exited with code 3"),
        ("import os\ndef f(x): os.abort()", "assert f(1)", "runtime error", "ended by signal"),
        ("def f(x): print('x' * 10**6)", "assert f(1) is None", "output", "output"),
        ("def f(x): return None", "assert abs(f(1) - 2) < 1", "wrong answer", "TypeError"),
        ("def f(x): return 'x' * 10**8", "assert f(1) == 'x'", "runtime error", "larger than"),
    ],
)  # fmt: skip
async def test_failures_say_what_happened(
    sandbox: Sandbox, text: str, code: str, outcome: str, reason: str
) -> None:
    verdict = await judge(sandbox, text, code)
    assert verdict.outcome == "failed"
    assert verdict.score == 0.0
    assert [t.outcome for t in verdict.tests] == [outcome], verdict.tests
    assert reason in verdict.tests[0].reason


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "no test"),
        ("assert True", "never called the candidate"),
        ("assert f(1) ==", "cannot be used"),
        ("import no_such_module\nassert f(1)", "ModuleNotFoundError"),
        ("import unittest\nassert f(unittest.TestCase())", "cannot cross"),
        ("from unittest.mock import patch\nwith patch('time.sleep'):\n assert f(1)", "in_process"),
    ],
)  # fmt: skip
async def test_what_cannot_be_verified_is_an_error(
    sandbox: Sandbox, code: str, reason: str
) -> None:
    verdict = await judge(sandbox, "def f(x): return x", code)
    assert verdict.outcome == "error"
    assert verdict.score is None
    assert reason in verdict.reason


@pytest.mark.asyncio(loop_scope="module")
async def test_each_test_has_an_outcome_and_visible_ones_come_first(sandbox: Sandbox) -> None:
    tests = {
        "type": "asserts",
        "code": "assert f(1) == 1\nassert f(2) == 2\nassert f(3) == 4",
        "visible": 1,
    }
    verdict = await CodeVerifier(sandbox).verify(
        corpus.problem(tests), corpus.candidate("def f(x): return x")
    )
    assert [(t.outcome, t.visible) for t in verdict.tests] == [
        ("accepted", True),
        ("accepted", False),
        ("wrong answer", False),
    ]
    assert "2 of 3" in verdict.reason


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_compare_as_json_does(sandbox: Sandbox) -> None:
    cases = [
        {"args": [0], "expected": [1, [2, 3]]},
        {"args": [1], "expected": {"1": "a", "true": None}},
        {"args": [2], "expected": 0.3},
        {"args": [], "kwargs": {"x": 3}, "expected": "three"},
    ]
    text = "def f(x): return [(1, (2, 3)), {1: 'a', 'true': None}, 0.1 + 0.2, 'three'][x]"
    tests = {"type": "calls", "entry_point": "f", "cases": cases}
    verifier = CodeVerifier(sandbox)
    verdict = await verifier.verify(corpus.problem(tests), corpus.candidate(text))
    assert verdict.outcome == "passed", verdict.reason
    for wrong in ("[1]", "{'1': 'a'}", "0.31", "'3'", "None", "{1, 2}"):
        verdict = await verifier.verify(
            corpus.problem(tests), corpus.candidate(f"def f(x): return {wrong}")
        )
        assert {t.outcome for t in verdict.tests} == {"wrong answer"}


@pytest.mark.asyncio(loop_scope="module")
async def test_helpers_of_the_prompt_are_the_judges_own(sandbox: Sandbox) -> None:
    prompt = "def helper(x):\n    return x + 1\n\n\ndef inverse(x):\n    '''Undo helper.'''\n"
    tests = {
        "type": "check",
        "entry_point": "inverse",
        "code": "def check(candidate):\n    assert candidate(helper(4)) == 4\n",
    }
    problem = corpus.problem(tests, prompt_code=prompt)
    verifier = CodeVerifier(sandbox)
    honest = await verifier.verify(problem, corpus.candidate("    return x - 1\n"))
    assert honest.outcome == "passed", honest.reason
    liar = "def helper(x):\n    return x\ndef inverse(x):\n    return x\n"
    assert (await verifier.verify(problem, corpus.candidate(liar))).outcome == "failed"


@pytest.mark.asyncio(loop_scope="module")
async def test_numpy_where_the_tests_use_it(sandbox: Sandbox) -> None:
    pytest.importorskip("numpy")
    text = "import numpy as np\ndef f(n):\n    return np.arange(n) * 2\n"
    code = "import numpy as np\nassert np.array_equal(f(3), np.array([0, 2, 4]))"
    verdict = await judge(sandbox, text, code)
    assert verdict.outcome == "passed", verdict.reason
    code = "import numpy as np\nassert np.array_equal(f(3), np.array([0, 2, 5]))"
    assert (await judge(sandbox, text, code)).outcome == "failed"


@pytest.mark.asyncio(loop_scope="module")
async def test_in_process_judges_what_split_cannot_at_lower_trust(sandbox: Sandbox) -> None:
    code = (
        "import io, sys\nsys.stdout = io.StringIO()\nf(1)\nassert sys.stdout.getvalue() == '1\\n'"
    )
    problem = corpus.problem({"type": "asserts", "code": code})
    verifier = CodeVerifier(sandbox, in_process=True)
    verdict = await verifier.verify(problem, corpus.candidate("def f(x): print(x)"))
    assert (verdict.outcome, verdict.trust) == ("passed", "lower"), verdict.reason
    for text in ("def f(x): print(2)", "import os\ndef f(x): os._exit(0)", "raise SystemExit"):
        verdict = await verifier.verify(problem, corpus.candidate(text))
        assert (verdict.outcome, verdict.trust) == ("failed", "lower")


@pytest.mark.asyncio(loop_scope="module")
async def test_pytest_suites_run_apart_from_the_candidate(sandbox: Sandbox) -> None:
    suite = """
import pytest
from solution import f
@pytest.mark.parametrize("x", [1, 2])
def test_same(x):
    assert f(x) == x
def test_raises():
    with pytest.raises(TypeError):
        f()
"""
    problem = corpus.problem({"type": "pytest", "files": {"test_f.py": suite}})
    verifier = CodeVerifier(sandbox)
    verdict = await verifier.verify(problem, corpus.candidate("def f(x): return x"))
    assert (verdict.outcome, verdict.trust, len(verdict.tests)) == ("passed", "full", 3)
    verdict = await verifier.verify(problem, corpus.candidate("def f(x): return 1"))
    assert verdict.outcome == "failed"
    assert [t.outcome for t in verdict.tests] == ["accepted", "wrong answer", "accepted"]
    for text in (
        "import os\nos._exit(0)",
        "print('3 passed')",
        "import pytest\npytest.exit('', 0)",
    ):
        assert (await verifier.verify(problem, corpus.candidate(text))).outcome == "failed"
    empty = corpus.problem({"type": "pytest", "files": {"test_f.py": "import solution"}})
    assert (await verifier.verify(empty, corpus.candidate("x = 1"))).outcome == "error"


@pytest.mark.asyncio(loop_scope="module")
async def test_references_of_humaneval_pass(sandbox: Sandbox) -> None:
    file = DATA / "humaneval" / "HumanEval.jsonl"
    if not file.exists():
        pytest.skip("the HumanEval problems are not on this machine")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    verifier = CodeVerifier(sandbox)
    for row in rows[::8] + rows[38:39] + rows[32:33]:
        tests = {"type": "check", "entry_point": row["entry_point"], "code": row["test"]}
        problem = corpus.problem(tests, prompt_code=row["prompt"])
        verdict = await verifier.verify(problem, corpus.candidate(row["canonical_solution"]))
        assert verdict.outcome == "passed", (row["task_id"], verdict.reason)
        empty = await verifier.verify(problem, corpus.candidate("    pass\n"))
        assert empty.outcome == "failed", row["task_id"]


def test_a_candidate_without_the_entry_point_continues_the_prompt() -> None:
    prompt, names = "def f(x):\n    '''Doc.'''\n", frozenset({"f"})
    body = Extracted(code="    return x\n", offsets=(0,))
    assert sources(body, prompt, names) == (("solution.py", prompt + "    return x\n"),)
    whole = Extracted(code="def f(x):\n    return x\n", offsets=(0, 10))
    assert sources(whole, prompt, names) == (("prompt.py", prompt), ("solution.py", whole.code))
    assert sources(whole, "", names) == (("solution.py", whole.code),)
