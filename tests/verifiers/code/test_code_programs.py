"""Whole programs: comparison of output, special verifies, languages, limits."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any

import corpus
import pytest
import pytest_asyncio

from veritune.records import Verdict
from veritune.sandbox import Limits, Sandbox, open_sandbox
from veritune.verifiers.code import CodeVerifier
from veritune.verifiers.code.output import differs

ADD = [{"input": "1 2\n", "output": "3\n"}, {"input": "5 6\n", "output": "11\n"}]
PYTHON = "print(sum(map(int, input().split())))"
CPP = "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }"
JAVASCRIPT = """
const text = require('fs').readFileSync(0, 'utf8');
console.log(text.split(' ').map(Number).reduce((a, b) => a + b));
"""
CHECKER = """
import sys
given, got, answer = (open(name).read().split() for name in sys.argv[1:])
if len(got) != 1 or not got[0].isdigit():
    sys.exit("not a number")
n = int(got[0])
sys.exit(0 if n > 1 and int(given[0]) % n == 0 else 1)
"""
KINDS = ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(workers=1, limits=Limits(cpu_seconds=1, wall_seconds=60)) as found:
        yield found


async def judge(sandbox: Sandbox, text: str, cases: Any = ADD, **tests: Any) -> Verdict:
    problem = corpus.problem({"type": "stdio", "cases": cases, **tests})
    return await CodeVerifier(sandbox).verify(problem, corpus.candidate(text))


def needs(program: str, language: str) -> Any:
    missing = shutil.which(program) is None
    mark = pytest.mark.skipif(missing, reason=f"no {program} on this machine")
    return pytest.param(language, marks=mark)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "language", ["python", needs("g++", "cpp"), needs("node", "javascript"), needs("g++", "c++")]
)
async def test_languages(sandbox: Sandbox, language: str) -> None:
    text = {"python": PYTHON, "javascript": JAVASCRIPT}.get(language, CPP)
    verdict = await judge(sandbox, f"```{language}\n{text}\n```", language=language)
    assert verdict.outcome == "passed", verdict.reason
    assert verdict.cpu_ms
    wrong = await judge(
        sandbox, text.replace("a + b", "a - b").replace("sum", "max"), language=language
    )
    assert [t.outcome for t in wrong.tests] == ["wrong answer", "wrong answer"]


@pytest.mark.docker
@pytest.mark.parametrize("language", [needs("g++", "cpp"), needs("node", "javascript")])
async def test_languages_in_a_container(language: str) -> None:
    text = {"cpp": CPP, "javascript": JAVASCRIPT}[language]
    async with open_sandbox("docker", workers=1) as sandbox:
        verdict = await judge(sandbox, text, language=language)
    if verdict.outcome == "error" and "is not in the sandbox" in verdict.reason:
        pytest.skip(f"{verdict.reason}: build the image with it")
    assert verdict.outcome == "passed", verdict.reason


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ on this machine")
async def test_what_does_not_compile_fails_with_the_compilers_words(sandbox: Sandbox) -> None:
    verdict = await judge(sandbox, "int main() { return x; }", language="cpp")
    assert verdict.outcome == "failed"
    assert "was not declared in this scope" in verdict.reason


@pytest.mark.asyncio(loop_scope="module")
async def test_an_unknown_language_is_an_error(sandbox: Sandbox) -> None:
    verdict = await judge(sandbox, "x", language="cobol")
    assert verdict.outcome == "error"
    assert "cobol" in verdict.reason


@pytest.mark.asyncio(loop_scope="module")
async def test_a_special_judge_decides(sandbox: Sandbox) -> None:
    cases = [{"input": "12", "output": "any divisor"}]
    for text, outcome in (
        ("print(4)", "passed"),
        ("print(5)", "failed"),
        ("print('4 4')", "failed"),
    ):
        verdict = await judge(sandbox, text, cases, checker=CHECKER)
        assert verdict.outcome == outcome, verdict.reason
    for broken in ("import sys\nsys.exit(3)", "while True: pass"):
        verdict = await judge(sandbox, "print(4)", cases, checker=broken)
        assert verdict.outcome == "error"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("print(1 / 0)", ["runtime error"] * 2),
        ("while True: pass", ["cpu time"] * 2),
        ("x = [0] * 10**9", ["memory"] * 2),
        ("while True: print('y' * 999)", ["output"] * 2),
        ("import os\nos._exit(0)", ["wrong answer"] * 2),
        ("import sys\nprint(3)\nsys.exit(1)", ["runtime error"] * 2),
        ("print(3)", ["accepted", "wrong answer"]),
        ("import threading\nthreading.Thread(target=print, args=(3,)).start()",
         ["accepted", "wrong answer"]),
        ("import sys\nprint(sum(map(int, sys.stdin.read().split())))\nsys.exit(0)",
         ["accepted"] * 2),
        ("if __name__ == '__main__':\n    print(sum(map(int, open(0).read().split())))",
         ["accepted"] * 2),
    ],
)  # fmt: skip
async def test_each_case_says_how_it_ended(
    sandbox: Sandbox, text: str, outcomes: list[str]
) -> None:
    verdict = await judge(sandbox, text, visible=1)
    assert [t.outcome for t in verdict.tests] == outcomes, verdict.tests
    assert [t.visible for t in verdict.tests] == [True, False]


def test_tokens_exact_and_tolerance() -> None:
    assert not differs("1  2\n\n3", "1 2 3\n", "tokens", None)
    assert differs("1 2", "1 2 3", "tokens", None) == "got 2 tokens, expected 3"
    assert differs("1 2 3 4", "1 2 3", "tokens", None)
    assert differs("1.0", "1", "tokens", None)
    assert not differs("1.0", "1", "tokens", 0.0)
    assert not differs("0.333", "0.3333333", "tokens", 1e-3)
    assert not differs("1000001", "1000000", "tokens", 1e-5)
    assert differs("0.34", "0.3333333", "tokens", 1e-3)
    for odd in ("nan", "inf", "1_0", "0x10", "1e99999"):
        assert differs(odd, "10", "tokens", 1e-3)
    assert not differs("NaN", "NaN", "tokens", 1e-3)
    assert not differs("a b", "a b\n", "exact", None)
    assert differs("a  b\n", "a b\n", "exact", None)
    assert differs("a b\n\n", "a b\n", "exact", None)
