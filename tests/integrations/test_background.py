"""Reward functions from many threads, tasks and processes at once."""

import asyncio
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from veritune.errors import InputError
from veritune.integrations import gauge, trl
from veritune.records import Candidate, Problem, Verdict

COUNT = 20


def called(reward: object, number: int) -> list[float | None]:
    texts = [f"\\boxed{{{(number + i) % 2}}}" for i in range(COUNT)]
    return reward(["?"] * COUNT, texts, answer=["1"] * COUNT)  # type: ignore[operator, no-any-return]


def expected(number: int) -> list[float]:
    return [float((number + i) % 2) for i in range(COUNT)]


def test_64_threads_at_once() -> None:
    reward = trl.reward()
    found: dict[int, list[float | None]] = {}

    def call(number: int) -> None:
        found[number] = called(reward, number)

    before = gauge().verdicts
    threads = [Thread(target=call, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: expected(number) for number in range(64)}
    assert gauge().verdicts == before + 64 * COUNT and gauge().in_flight == 0


async def test_1000_tasks_at_once_on_a_loop_that_goes_on() -> None:
    reward = trl.reward(asynchronous=True)
    turns = 0

    async def beside() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(beside())
    texts = [f"\\boxed{{{i % 2}}}" for i in range(1000)]
    found = await asyncio.gather(*(reward(["?"], [text], answer=["1"]) for text in texts))
    other.cancel()
    assert found == [[float(i % 2)] for i in range(1000)] and turns > 1


async def test_it_can_be_called_where_a_loop_already_runs() -> None:
    assert called(trl.reward(), 0) == expected(0)


def in_child(reward: object, number: int, results: "multiprocessing.SimpleQueue[object]") -> None:
    results.put((os.getpid(), called(reward, number)))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_forked_and_spawned_workers_open_their_own(method: str) -> None:
    reward = trl.reward()
    assert called(reward, 1) == expected(1)  # The parent's is open.
    context = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    # Threads verify while the workers are forked: a lock of theirs must not stay held.
    busy = [Thread(target=called, args=(reward, n)) for n in range(8)]
    for thread in busy:
        thread.start()
    workers = [
        context.Process(target=in_child, args=(reward, number, results)) for number in range(2)
    ]
    for worker in workers:
        worker.start()
    for one in (*busy, *workers):
        one.join()
    found = [results.get() for _ in workers]
    assert len({pid for pid, _ in found} | {os.getpid()}) == 3
    assert sorted(rewards for _, rewards in found) == sorted(map(expected, range(2)))
    assert called(reward, 1) == expected(1)  # And still works.


def test_a_reward_function_can_be_pickled() -> None:
    reward = pickle.loads(pickle.dumps(trl.reward()))
    assert called(reward, 0) == expected(0)


class Slow:
    """A verifier that lets others go first, and remembers how many were at it together."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001 * (100 - candidate.index))
        self.now -= 1
        score = candidate.index / 100
        return Verdict(
            problem_id=problem.id,
            index=candidate.index,
            outcome="passed",
            score=score,
            reason="its place",
        )


def test_rewards_keep_the_order_of_completions_whoever_ends_first() -> None:
    verifier = Slow()
    reward = trl.reward(verifier=verifier)
    assert reward(["?"] * 100, ["x"] * 100, answer=["1"] * 100) == [i / 100 for i in range(100)]
    assert verifier.most > 1


class Broken:
    """A verifier that raises."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        raise InputError("broken")


def test_what_a_verifier_raises_reaches_the_caller_and_nothing_stays() -> None:
    with pytest.raises(InputError, match="broken"):
        trl.reward(verifier=Broken())(["?"] * 3, ["x"] * 3, answer=["1"] * 3)
    assert gauge().in_flight == 0


class Down:
    """A verifier whose judge is down."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        return Verdict(
            problem_id=problem.id, index=0, outcome="error", score=None, reason="judge: is down"
        )


def test_the_first_verifier_error_of_a_process_is_logged(tmp_path: Path) -> None:
    code = "from test_background import Down, called\nfrom veritune.integrations import trl\n"
    code += "for _ in range(2):\n    assert set(called(trl.reward(verifier=Down()), 0)) == {None}"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("judge: is down") == 1


CODE = """
from veritune.config import VerifierConfig
from veritune.integrations import trl

reward = trl.reward(verifier=VerifierConfig(sandbox="SANDBOX"))
text, test = "def add(a, b): return a + b", "assert add(1, 2) == 3"
assert reward(prompts=["add"], completions=[text], test_list=[[test]]) == [1.0]
"""


@pytest.mark.parametrize(
    "sandbox", ["bubblewrap", pytest.param("docker", marks=pytest.mark.docker)]
)
def test_a_process_that_verified_code_ends_without_a_word(sandbox: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.replace("SANDBOX", sandbox)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
