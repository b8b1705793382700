"""A failing run is blamed on the statement that caused it, and on no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import corpus
import pytest
import pytest_asyncio

from veritune.records import Verdict
from veritune.sandbox import Limits, Sandbox, open_sandbox
from veritune.verifiers.code import CodeVerifier
from veritune.verifiers.code.extract import Asked, Extracted, extract
from veritune.verifiers.code.statements import place_of, statements_of

CALLS = {
    "type": "calls",
    "entry_point": "f",
    "cases": [{"args": [3], "expected": 9}, {"args": [-3], "expected": 9}],
}
ASSERTS = {"type": "asserts", "code": "assert f(3) == 9\nassert f(-3) == 9"}
CHECK = {
    "type": "check",
    "entry_point": "f",
    "code": "def check(candidate):\n    assert candidate(3) == 9\n    assert candidate(-3) == 9\n",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(workers=2, limits=Limits(cpu_seconds=2, wall_seconds=60)) as found:
        yield found


async def judge(sandbox: Sandbox, text: str, tests: Any, **reference: Any) -> Verdict:
    return await CodeVerifier(sandbox).verify(
        corpus.problem(tests, **reference), corpus.candidate(text)
    )


def blamed(verdict: Verdict, text: str) -> list[str]:
    assert "".join(text[step.start : step.end] for step in verdict.steps) == text
    return [
        text[step.start : step.end].strip() for step in verdict.steps if step.label == "incorrect"
    ]


PROGRAMS = {
    "y = x / 0": "def f(x):\n    y = 0\n    y = x / 0\n    return y\n",
    "return [][x]": (
        "Here:\n```python\ndef f(x):\n    return h(x)\n\ndef h(x):\n    return [][x]\n```\n"
    ),
    "return -3": "def f(x):\n    if x > 0:\n        return x * x\n    return -3\n",
    "return (x": "def f(x):\n    # a comment\n    return (x\n            + 1)\n",
    "import nothing": "import nothing\n\n\ndef f(x):\n    return x * x\n",
    "def f(x:": "def f(x:\n    return x * x\n",
    "def g(x):": "def g(x):\n    return x * x\n",
    "raise ValueError('(line 1 of the program)')": (
        "def f(x):\n    raise ValueError('(line 1 of the program)')\n"
    ),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("tests", [CALLS, ASSERTS, CHECK], ids=lambda tests: tests["type"])
async def test_the_statement_that_failed_is_blamed(sandbox: Sandbox, tests: Any) -> None:
    for wanted, text in PROGRAMS.items():
        verdict = await judge(sandbox, text, tests)
        assert verdict.outcome == "failed"
        found = blamed(verdict, text)
        assert len(found) == 1 and wanted in found[0], (wanted, found, verdict.reason)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_program_that_does_not_end_is_blamed_where_it_is(sandbox: Sandbox) -> None:
    text = "def f(x):\n    a = 1\n    while x: a += 1\n    return a\n"
    verdict = await judge(sandbox, text, ASSERTS)
    assert blamed(verdict, text) == ["while x: a += 1"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_continued_prompt_is_not_blamed_for_its_lines(sandbox: Sandbox) -> None:
    prompt = "def f(x):\n    '''The square.'''\n"
    text = "    y = x\n    return y.z\n"
    verdict = await judge(sandbox, text, CHECK, prompt_code=prompt)
    assert blamed(verdict, text) == ["return y.z"]


@pytest.mark.asyncio(loop_scope="module")
async def test_whole_programs_are_blamed_for_what_they_raise(sandbox: Sandbox) -> None:
    tests = {
        "type": "stdio",
        "cases": [{"input": "2\n", "output": "1"}, {"input": "0\n", "output": "1"}],
    }
    text = "n = int(input())\nm = n // n\nprint(m)\n"
    assert blamed(await judge(sandbox, text, tests), text) == ["m = n // n"]
    silent = "n = int(input())\nprint(n)\n"
    assert blamed(await judge(sandbox, silent, tests), silent) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def f(x):\n    if x > 3:\n        return x\n    return x * 2", ["return x"]),
        ("def f(x):\n    y = 1\n    return [][x]", ["return [][x]"]),
        # Whichever line of the loop runs when the time is over.
        ("def f(x):\n    while x:\n        x += 1\n    return x", ["x += 1", "while x:"]),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_suites_are_blamed_too(sandbox: Sandbox, text: str, lines: list[str]) -> None:
    suite = "from solution import f\ndef test_f():\n    print('shown')\n    assert f(1) == 2\n"
    tests = {"type": "pytest", "files": {"test_f.py": suite + "    assert f(5) == 10\n"}}
    verdict = await judge(sandbox, text, tests)
    (line,) = blamed(verdict, text)
    assert line in lines
    (test,) = verdict.tests
    assert test.output == "shown\n" and test.seconds is not None


@pytest.mark.asyncio(loop_scope="module")
async def test_a_passing_candidate_has_no_steps(sandbox: Sandbox) -> None:
    assert (await judge(sandbox, "def f(x): return x * x", CALLS)).steps == ()


@pytest.mark.asyncio(loop_scope="module")
async def test_partial_credit_is_an_option(sandbox: Sandbox) -> None:
    problem, half = corpus.problem(CALLS), corpus.candidate("def f(x): return 3 * x")
    assert (await CodeVerifier(sandbox).verify(problem, half)).score == 0.0
    verdict = await CodeVerifier(sandbox, partial_credit=True).verify(problem, half)
    assert (verdict.outcome, verdict.score) == ("failed", 0.5)


@pytest.mark.parametrize(
    "text",
    ["", "x", "a = (1,\n 2)\nb\n", "say:\n```\na\r\nb\n```\n", "'''", "\n\n#c\n", "def f(:\n\ta"],
)
def test_statements_partition_the_text(text: str) -> None:
    program = extract(text, Asked())
    assert isinstance(program, Extracted)
    spans = statements_of(text, program)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)
    assert place_of(program, 10_000) is None
