"""Ray does not notice a process that is stopped: we do, and what it had is asked of another."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from faults.injector import below
from small_runs import NODE, filled, tiny

from veritune.config import ClusterConfig, VerifierConfig
from veritune.records import Candidate, MathProblem, MathReference
from veritune.rounds import open_session
from veritune.rounds.progress import NullProgress
from veritune.rounds.start import start_policy

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def nodes() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 2})
    yield cluster
    cluster.shutdown()


class Stopper:
    """Stops one actor of a class for good, once something of its work has come."""

    def __init__(self, kind: str) -> None:
        self._kind, self.stopped = kind, 0

    def __call__(self, count: int = 1, **figures: float) -> None:
        if count and not self.stopped:
            # None may be at work right now: the next time, then.
            self.stopped = next((pid for pid in below(os.getpid()) if self._is_it(pid)), 0)
            if self.stopped:
                os.kill(self.stopped, signal.SIGSTOP)

    def _is_it(self, pid: int) -> bool:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
        # At work, and not between two calls.
        return line.startswith(f"ray::{self._kind}")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veritune.cluster.pulse.PULSE_SECONDS", 0.1)
    monkeypatch.setattr("veritune.cluster.pulse.SILENT_SECONDS", 10.0)


@pytest.mark.usefixtures("impatient")
def test_what_a_stopped_verifier_had_is_asked_of_another(nodes: Any) -> None:
    problem = MathProblem(id="m", prompt="2 + 2?", reference=MathReference(answer=r"\sqrt{16}"))
    pairs = [
        (problem, Candidate(problem_id="m", index=i, text=f"It is \\boxed{{{i % 8}}}."))
        for i in range(2000)
    ]
    stopper = Stopper("VerifierActor")

    async def verdicts() -> list[str]:
        table = ClusterConfig(address=nodes.address, samplers=0, verifiers=2)
        async with open_session(cluster=table, verifier=VerifierConfig(workers=1)) as session:
            return [verdict.outcome for verdict in await session.verify(pairs, stopper)]

    assert asyncio.run(verdicts()) == ["passed" if i % 8 == 4 else "failed" for i in range(2000)]
    assert stopper.stopped


@pytest.mark.usefixtures("impatient")
def test_what_a_stopped_sampler_had_is_asked_of_another(nodes: Any, tmp_path: Path) -> None:
    from veritune.problems import recipe_problems

    recipe = tiny(tmp_path, "stopped", model={"scratch": {"layers": 2, "width": 64, "heads": 2}})
    policy = start_policy(recipe, NullProgress())
    config = recipe.problems.model_copy(update={"train": 150})
    problems, _ = recipe_problems(config, 0, lambda text: None)
    with NullProgress().phase("", 0) as nothing:
        alone = asyncio.run(filled(tmp_path / "a", recipe, policy, problems, None, nothing))
    stopper = Stopper("SamplerActor")
    table = ClusterConfig(address=nodes.address, samplers=2, verifiers=0)
    there = asyncio.run(filled(tmp_path / "b", recipe, policy, problems, table, stopper))
    assert there == alone
    assert stopper.stopped
