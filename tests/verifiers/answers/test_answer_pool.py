"""Bombs, payloads, threads: what the workers must survive, and must not do."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from veritune.benchmarks.answer_pairs import bombs
from veritune.records import Candidate, MathProblem, MathReference
from veritune.replies import state_of
from veritune.verifiers.answers import AnswerPolicy, AnswerVerifier, compare
from veritune.verifiers.answers.decide import decide
from veritune.verifiers.answers.pool import Pool

POLICY = AnswerPolicy()
RIGHT = (r"\sqrt{8}", r"2\sqrt{2}")
SLOW = "+".join(rf"|\sin({k}x)+\cos({k}x)|" for k in range(1, 250))
"""Takes long to compare with the other, although it is within all static limits."""
MIRRORED = "+".join(rf"|\sqrt{{2}}\sin({k}x+\pi/4)|" for k in range(249, 0, -1))


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(2, seconds=0.3)
    yield made
    made.close()


def test_no_bomb_is_accepted_and_the_pool_survives_them_all(pool: Pool) -> None:
    for pair in bombs(17):
        result = compare(pair.gold, pair.pred, pool=pool)
        assert result.relation in ("limit reached", "different", "unparsed candidate")
        assert compare(*RIGHT, pool=pool).equal


def test_a_comparison_that_takes_too_long_costs_its_limit_only(pool: Pool) -> None:
    result = compare(SLOW, MIRRORED, pool=pool)
    assert result.relation == "limit reached"
    assert "0.3 s" in result.detail
    assert compare(*RIGHT, pool=pool).equal


def test_a_reference_that_alone_breaks_the_limit_is_an_error(pool: Pool) -> None:
    gold = r"\sum_{a=1}^{900}\sum_{b=1}^{900}\sum_{c=1}^{900} abc"
    assert compare(gold, "5", pool=pool).relation == "unparsed reference"
    assert compare("5", gold, pool=pool).relation == "limit reached"


@pytest.mark.parametrize(
    ("gold", "pred"),
    [
        (r"0.5! \pm 1000!", r"0.95! \pm 1000!"),
        (r"\binom{1.5}{0.4}+1000!", "1+1000!"),
        ("4", r"\sum_{k=1}^{2000} k^{300}\sin(k)"),
    ],
)
def test_costly_values_are_refused_before_they_are_computed(gold: str, pred: str) -> None:
    result = decide(gold, pred, POLICY)
    assert result.relation == "limit reached"
    assert "digits of a special function" in result.detail or result.detail == "too much work"


def test_memory_and_files_are_limited() -> None:
    made = Pool(1, memory_mb=512)
    compare(*RIGHT, pool=made)
    (worker,) = made._started
    limits = Path(f"/proc/{worker.child}/limits").read_text()
    made.close()
    rows = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()}
    assert rows["Max address space"] == str(512 << 20)
    assert rows["Max file size"] == "0"


def test_any_thread_may_ask(pool: Pool) -> None:
    with ThreadPoolExecutor(8) as threads:
        pairs = [(f"\\sqrt{{{k * k * 2}}}", f"{k}\\sqrt{{2}}") for k in range(1, 60)]
        found = list(threads.map(lambda pair: compare(*pair, pool=pool).equal, pairs))
    assert all(found)


async def test_bombs_and_right_answers_side_by_side() -> None:
    texts = [r"\boxed{2\sqrt{2}}", f"\\boxed{{{MIRRORED}}}", r"\boxed{3}"] * 4
    problem = MathProblem(id="p", prompt="?", reference=MathReference(answer=r"\sqrt{8}"))
    async with AnswerVerifier(workers=2, seconds=0.3) as verifier:
        verdicts = await asyncio.gather(
            *(
                verifier.verify(problem, Candidate(problem_id="p", index=i, text=text))
                for i, text in enumerate(texts)
            )
        )
    assert [verdict.score for verdict in verdicts] == [1.0, 0.0, 0.0] * 4
    assert [verdict.index for verdict in verdicts] == list(range(12))


def test_a_worker_killed_from_outside_is_replaced(pool: Pool) -> None:
    assert compare(*RIGHT, pool=pool).equal
    for worker in list(pool._started):
        os.killpg(worker.process.pid, signal.SIGKILL)
    assert compare(*RIGHT, pool=pool).equal


def test_a_child_that_needs_sympy_is_replaced_by_one_that_has_it(pool: Pool) -> None:
    derivative = r"\frac{d}{dt}(t^2)"
    assert compare(*RIGHT, pool=pool).equal
    (worker,) = pool._started
    before = worker.child
    assert compare(derivative, "2t", pool=pool).equal
    with_sympy = worker.child
    assert with_sympy != before
    assert compare(derivative, "3t", pool=pool).relation == "different"
    assert worker.child == with_sympy
    os.kill(worker.child, signal.SIGKILL)
    assert compare(derivative, "2t", pool=pool).equal


def test_nothing_is_left_running_after_close() -> None:
    made = Pool(1)
    compare(*RIGHT, pool=made)
    (worker,) = made._started
    pids = (worker.process.pid, worker.child)
    made.close()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_closed_pool_says_so() -> None:
    made = Pool(1)
    made.close()
    with pytest.raises(RuntimeError, match="closed"):
        made.compare(*RIGHT, POLICY)


PAYLOADS = (
    "__import__('os').system('touch {path}')",
    "eval(open('{path}','w'))",
    "().__class__.__base__.__subclasses__()",
    'exec(\'open("{path}","w")\')',
    "\\input{{{path}}}",
    "lambda: open('{path}', 'w')",
    "Symbol('x').__class__.__init__.__globals__['os'].system('touch {path}')",
    "\\write18{{touch {path}}}",
    "$(touch {path})",
    "`touch {path}`",
    "1; import os; os.system('touch {path}')",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_a_model_writes_is_executed(payload: str, tmp_path: Path) -> None:
    path = tmp_path / "touched"
    text = payload.format(path=path)
    for gold, pred in (("5", text), (text, "5"), ("5", f"\\text{{{text}}}"), ("x+1", f"x+{text}")):
        assert not compare(gold, pred).equal
    assert not path.exists()


def test_a_process_that_was_forked_gets_workers_of_its_own() -> None:
    assert compare(*RIGHT).equal
    child = os.fork()
    if child == 0:
        os._exit(0 if compare(*RIGHT).equal else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert compare(*RIGHT).equal


KILLED = """
import sys, time
from veritune.algebra.equality.policy import AnswerPolicy
from veritune.verifiers.answers.remote import Worker
worker = Worker(seconds=1.0, memory_mb=1024)
print(worker.process.pid, flush=True)
if sys.argv[1] == "True":
    import dataclasses, json
    words = {"gold": sys.argv[2], "pred": sys.argv[3]}
    words["policy"] = json.dumps(dataclasses.asdict(AnswerPolicy()))
    worker.ask(json.dumps(words).encode(), 60)
time.sleep(60)
"""


@pytest.mark.parametrize(("busy", "stopped"), [(False, False), (True, False), (True, True)])
def test_workers_end_with_a_client_that_is_killed(busy: bool, stopped: bool) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(busy), SLOW, MIRRORED], stdout=subprocess.PIPE, text=True
    )
    assert client.stdout is not None
    worker = int(client.stdout.readline())
    time.sleep(0.2)
    if stopped:
        os.killpg(worker, signal.SIGSTOP)
        while state_of(worker) != "T":
            time.sleep(0.05)
    client.kill()
    client.wait()
    client.stdout.close()
    end = time.monotonic() + 20
    while time.monotonic() < end and Path(f"/proc/{worker}").exists():
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
