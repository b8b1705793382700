"""Attacks on what stands around a candidate: verify, slot, and the client that reads verdicts."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import corpus
import pytest
import pytest_asyncio

from veritune.records import Verdict
from veritune.sandbox import Limits, Sandbox, open_sandbox
from veritune.verifiers.code import CodeVerifier
from veritune.verifiers.code.flags import flags

REFUSED = dict(corpus.programs(Path(__file__).with_name("refused.txt")))
LIMITS = Limits(cpu_seconds=1.0, wall_seconds=10.0, memory_mb=256)
SUITE = "from solution import f\ndef test_one():\n    assert f(1) == 2\n"
IN_FLIGHT = """
import os, socket
a, b = socket.socketpair()
for s in (a, b):
    socket.send_fds(s, [b"x"], [a.fileno(), b.fileno(), 1, 2])
print("done", flush=True)
os._exit(0)
"""
LOCKS = """
import fcntl, struct
def f():
    fcntl.fcntl(0, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 770001, 5, 0))
"""
LOCKED = "def f():\n    return sum('770001' in line for line in open('/proc/locks'))\n"
UNWAITED = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
r, w = os.pipe()
for _ in range(40):
    if os.fork() == 0:
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
        os.write(w, b"x")
        os._exit(0)
    os.read(r, 1)
print("done")
"""
FORGE = """
import json, os, sys
frame = sys._getframe()
while not isinstance(frame.f_locals.get("payload"), dict):
    frame = frame.f_back
claim = {"nonce": frame.f_locals["payload"]["nonce"], **CLAIM}
os.write(3, json.dumps(claim).encode())
os._exit(0)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(workers=1, limits=LIMITS) as found:
        yield found


async def judge(sandbox: Sandbox, text: str, code: str) -> Verdict:
    tests = {"type": "asserts", "code": code}
    verdict = await CodeVerifier(sandbox).verify(corpus.problem(tests), corpus.candidate(text))
    verdict.to_line().encode()
    return verdict


async def suite(sandbox: Sandbox, text: str) -> Verdict:
    problem = corpus.problem({"type": "pytest", "files": {"test_f.py": SUITE}})
    return await CodeVerifier(sandbox).verify(problem, corpus.candidate(text))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", REFUSED)
async def test_programs_are_refused_by_tests_that_are_easily_fooled(
    sandbox: Sandbox, name: str
) -> None:
    text, code = REFUSED[name].split("---\n")
    if "numpy" in code:
        pytest.importorskip("numpy")
    verdict = await judge(sandbox, text, code)
    assert verdict.outcome != "passed"
    # Where nothing but a reference could tell, the checker says that it cannot decide.
    assert verdict.outcome == "failed" or "reference solution" in verdict.reason, verdict.reason


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_in_flight_does_not_hold_a_job_open(sandbox: Sandbox) -> None:
    tests = {"type": "stdio", "cases": [{"input": "", "output": "done"}]}
    async with asyncio.timeout(60):
        for _ in range(5):
            verdict = await CodeVerifier(sandbox).verify(
                corpus.problem(tests), corpus.candidate(IN_FLIGHT)
            )
            assert verdict.outcome == "passed", verdict.reason
            assert verdict.tests[0].outcome == "accepted"


@pytest.mark.asyncio(loop_scope="module")
async def test_locks_end_with_who_took_them(sandbox: Sandbox) -> None:
    assert (await judge(sandbox, LOCKS, "assert f() is None")).outcome == "passed"
    assert (await judge(sandbox, LOCKED, "assert f() == 0")).outcome == "passed"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_modules_list_changed_in_place_is_whole_for_the_next(sandbox: Sandbox) -> None:
    code = "import keyword\nassert f(keyword.kwlist) > 30\nassert len(keyword.kwlist) > 30"
    honest = "def f(x): return len(x)"
    for text in ("def f(x):\n    x.clear()\n    return 35", "def f(x):\n    x[:] = [0]"):
        assert (await judge(sandbox, honest, code)).outcome == "passed"
        assert (await judge(sandbox, text, code)).outcome == "failed"
        assert (await judge(sandbox, honest, code)).outcome == "passed"


@pytest.mark.asyncio(loop_scope="module")
async def test_children_that_nobody_waits_for_are_counted(sandbox: Sandbox) -> None:
    tests = {"type": "stdio", "cases": [{"input": "", "output": "done"}]}
    verdict = await CodeVerifier(sandbox).verify(corpus.problem(tests), corpus.candidate(UNWAITED))
    assert verdict.tests[0].outcome == "cpu time"


@pytest.mark.asyncio(loop_scope="module")
async def test_no_socket_reaches_the_machine_around_a_virtual_one(sandbox: Sandbox) -> None:
    text = "import socket\ndef f(): socket.socket(40, socket.SOCK_STREAM)\n"
    assert "not supported" in (await judge(sandbox, text, "assert f()")).reason


@pytest.mark.asyncio(loop_scope="module")
async def test_reasons_can_be_written_whatever_a_candidate_says(sandbox: Sandbox) -> None:
    text = "def f(): raise type('\\ud800', (ValueError,), {})('\\udfff')"
    verdict = await judge(sandbox, text, "assert f()")
    assert verdict.outcome == "failed"
    assert verdict.reason.isascii()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "text",
    [
        "import pytest\ndef f(x): pytest.xfail('no')",
        "import pytest\ndef f(x): pytest.skip('no')",
        "import pytest\npytest.skip('no', allow_module_level=True)",
        *(FORGE.replace("CLAIM", claim) for claim in (
            '{"tests": 5}', '{"tests": [["a"]]}', '{"tests": [["a", "fine", ""]]}',
            '{"broken": 5}', r'{"tests": [["\ud800", "wrong answer", "\ud800"]]}',
        )),
    ],
)  # fmt: skip
async def test_suites_take_no_excuses_and_no_odd_claims(sandbox: Sandbox, text: str) -> None:
    verdict = await suite(sandbox, text)
    verdict.to_line().encode()
    assert verdict.outcome == "failed", verdict.reason


@pytest.mark.asyncio(loop_scope="module")
async def test_a_suites_own_expected_failures_still_count(sandbox: Sandbox) -> None:
    files = {"test_f.py": f"import pytest\n{SUITE}@pytest.mark.xfail\ndef test_two():\n    f()\n"}
    problem = corpus.problem({"type": "pytest", "files": files})
    text = "def f(x): return x + 1"
    verdict = await CodeVerifier(sandbox).verify(problem, corpus.candidate(text))
    assert verdict.outcome == "passed", verdict.reason


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler on this machine")
async def test_an_assembler_that_prints_is_no_failure_of_ours(sandbox: Sandbox) -> None:
    tests = {"type": "stdio", "language": "cpp", "cases": [{"input": "", "output": "3"}]}
    text = 'asm(".print \\"abc\\"");\nint main() { return 0; }'
    verdict = await CodeVerifier(sandbox).verify(corpus.problem(tests), corpus.candidate(text))
    assert verdict.outcome == "failed"
    assert "does not compile" in verdict.reason


def test_flags_are_found_in_time_whatever_a_line_holds() -> None:
    assert flags("from os import x " * 50_000) == ()
    assert flags("exit _set_a " * 50_000) == ()
    assert flags("from os import name, _exit") == ("exit",)
    names = ", ".join(f"name_{i}" for i in range(200))
    assert flags(f"from os import {names}, _exit") == ("exit",)
