"""The process of a run is killed, and what Ray would tell its actors by: none of them stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.injector import below, lives
from small_runs import NODE

pytestmark = [pytest.mark.ray, pytest.mark.slow]
DRIVER = """
import asyncio, sys
from veritune.config import ClusterConfig, VerifierConfig
from veritune.records import Candidate, MathProblem, MathReference
from veritune.rounds import open_session

problem = MathProblem(id="m", prompt="2 + 2?", reference=MathReference(answer=r"\\sqrt{32}"))
pairs = [
    (problem, Candidate(problem_id="m", index=i, text=rf"\\boxed{{4\\sqrt{{{i}}}}}"))
    for i in range(8)
]

async def main():
    table = ClusterConfig(address=sys.argv[1], samplers=1, verifiers=1)
    async with open_session(cluster=table, verifier=VerifierConfig(workers=1)) as session:
        print("outcomes", *[verdict.outcome for verdict in await session.verify(pairs)], flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
QUIET = {**NODE, "include_dashboard": False}
ACTORS = (b"ray::SamplerActor", b"ray::VerifierActor")
# Less than Ray needs to notice a lost head (a minute), and enough for a busy machine.
SECONDS = 25.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores, whose raylet is the drivers'; each test adds a node for actors."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    begun = Cluster(initialize_head=True, head_node_args={**QUIET, "num_cpus": 0})
    yield begun
    there = below(os.getpid())
    begun.shutdown()
    for pid in filter(lives, there):
        if b"/ray/" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


def actors() -> list[int]:
    found: list[int] = []
    for pid in below(os.getpid()):
        if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(ACTORS):
            found += [pid, *below(pid)]
    return found


# The last one ends the cluster.
@pytest.mark.parametrize(
    "fault",
    ["raylet killed", "actors stopped", "actors stopped, raylet killed", "head killed"],
)
def test_no_actor_outlives_its_run(fault: str, cluster: Any) -> None:
    node = cluster.add_node(**{**QUIET, "num_cpus": 2})
    words = [sys.executable, "-c", DRIVER, cluster.address]
    driver = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert driver.stdout is not None
        # Ray, too, writes there, of the node that the test before has lost.
        outcomes = next(line.split() for line in driver.stdout if line.startswith("outcomes "))
        assert outcomes.count("passed") == 1 and len(outcomes) == 9
        there = actors()
        assert len(there) >= 4  # Two actors, and what compares answers for one of them.
        (struck,) = (
            cluster.head_node.all_processes["gcs_server"]
            if fault == "head killed"
            else node.all_processes["raylet"]
        )
        for pid in there if "stopped" in fault else ():
            os.kill(pid, signal.SIGSTOP)
        if "killed" in fault:
            os.kill(struck.process.pid, signal.SIGKILL)
    finally:
        driver.kill()
        driver.communicate()
    end = time.monotonic() + SECONDS
    while (left := list(filter(lives, there))) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left
