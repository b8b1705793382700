"""Whatever is killed or stopped below a pool, each comparison gets its own result, or an error."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from injector import Injector

from veritune.verifiers.answers import AnswerPolicy
from veritune.verifiers.answers.pool import Pool

FAULTS = int(os.environ.get("FAULTS", "8"))
POLICY = AnswerPolicy()
SLOW = (
    "+".join(rf"|\sin({k}x)+\cos({k}x)|" for k in range(1, 250)),
    "+".join(rf"|\sqrt{{2}}\sin({k}x+\pi/4)|" for k in range(249, 0, -1)),
)
"""Takes twice the limits below on a fast machine, and is within all static limits."""


def pair(number: int) -> tuple[str, str, str]:
    """Reference, answer and what they are to each other; none can be decided without a worker."""
    if number % 40 == 7:
        return (*SLOW, "limit reached")
    gold = f"\\sqrt{{{2 * number * number}}}+{number}"
    right = number % 3 != 0
    return gold, f"{number}\\sqrt{{2}}+{number + (not right)}", "equal" if right else "different"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_random_faults_change_no_result(seed: int) -> None:
    injector = Injector(seed, most=FAULTS, gap=0.05, results=20)
    pool = Pool(2, seconds=0.3)
    injector.start()
    numbers = iter(range(1, 1_000_000))
    results: list[tuple[str, str, bool]] = []

    def work() -> None:
        while injector.is_alive():
            gold, pred, relation = pair(next(numbers))
            found = pool.compare(gold, pred, POLICY)
            injector.done.release()
            results.append((relation, found.relation, found.machine))

    try:
        with ThreadPoolExecutor(2) as threads:
            for job in [threads.submit(work) for _ in range(2)]:
                job.result()
    finally:
        injector.end()
        pool.close()
    changed = [r for r in results if r[0] != r[1] and not r[2]]
    print(injector.struck, len(results), sum(r[2] for r in results))
    assert not changed
    assert len(results) > FAULTS
    assert sum(machine for *_, machine in results) < FAULTS
    assert not injector.left(2)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("whom", ["child", "forker", "both"])
def test_a_worker_that_is_lost_in_a_comparison_is_not_the_candidate_s_doing(
    how: signal.Signals, whom: str
) -> None:
    pool = Pool(1, seconds=0.4)
    gold, pred, _ = pair(1)
    assert pool.compare(gold, pred, POLICY).equal
    with ThreadPoolExecutor(1) as thread:
        job = thread.submit(pool.compare, *SLOW, POLICY)
        time.sleep(0.2)
        (worker,) = pool._started
        for pid, name in ((worker.process.pid, "forker"), (worker.child, "child")):
            if whom in (name, "both"):
                os.kill(pid, how)
        result = job.result()
    assert result.relation == "limit reached" and not result.machine
    assert "0.4 s of processor time" in result.detail
    assert pool.compare(*pair(3)[:2], POLICY).relation == "different"
    assert pool.compare(gold, pred, POLICY).equal
    pool.close()
