"""Workers that Ray Train starts train as those of torchrun do, also where one of them is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import warm
from faults.injector import below
from small_runs import tiny

from veritune.config import Recipe
from veritune.errors import TrainingError
from veritune.models import policy_hash
from veritune.rounds import Advance, NullProgress, improve
from veritune.store import to_toml

# Ray Train starts some processes of its own beside the workers, one after the other.
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]

TRAINERS: dict[str, dict[str, Any]] = {
    "sft": {"max_steps": 4, "batch_size": 6, "shard": True},
    "grpo": {"type": "grpo", "mini_batch_size": 8, "micro_batch_size": 4, "learning_rate": 1e-3},
}


def by_two(output: Path, kind: str, address: str | None) -> Recipe:
    table: dict[str, Any] = {"samplers": 0, "verifiers": 0, "trainers": 2}
    table |= {} if address is None else {"address": address}
    return tiny(output, "run", trainer=TRAINERS[kind], cluster=table)


def policies(folder: Path) -> list[str]:
    return [policy_hash(folder / "checkpoints" / f"round-{round}") for round in (1, 2)]


def losses(folder: Path) -> list[float]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [row["loss"] for row in rows if row["phase"] == "train"]


class Killer(NullProgress):
    """Kills one training worker in the middle of the second round."""

    killed = 0

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        """Watches what is done."""

        def advance(count: int = 1, **figures: float) -> None:
            if title == "round 2: train" and not self.killed:
                self.killed = workers()[-1]
                os.kill(self.killed, signal.SIGKILL)

        yield advance


def workers() -> list[int]:
    """The processes that train, by their names."""
    found = []
    for pid in below(os.getpid()):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"ray::RayTrainWorker" in line:
            found.append(pid)
    return found


@pytest.mark.parametrize("kind", TRAINERS)
def test_two_workers_train_as_two_processes_of_torchrun_do(
    kind: str, nodes: Any, tmp_path: Path
) -> None:
    there = by_two(tmp_path / "there", kind, nodes.address)
    killer = Killer()
    asyncio.run(improve(there, killer))
    assert killer.killed
    here = tiny(tmp_path / "here", "run", trainer=TRAINERS[kind])
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml(here))
    for process in warm.together(2, "-m", "veritune", "run", file):
        assert process.wait() == 0, process.said()
    assert policies(there.folder) == policies(here.folder)
    assert policies(there.folder)[0] != policies(there.folder)[1]
    alone = tiny(tmp_path / "alone", "run", trainer=TRAINERS[kind])
    asyncio.run(improve(alone))
    assert losses(there.folder) == pytest.approx(losses(alone.folder), abs=1e-5)


def test_workers_that_are_lost_too_often_end_the_run_with_a_line(
    nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veritune.cluster.training.RESTARTS", 0)
    recipe = by_two(tmp_path, "sft", nodes.address)
    with pytest.raises(TrainingError, match="round 2 is not trained, and Ray Train has given up"):
        asyncio.run(improve(recipe, Killer()))
    # What was there stays: without the cluster the run goes on from it.
    first = policy_hash(recipe.folder / "checkpoints" / "round-1")
    asyncio.run(improve(by_two(tmp_path, "sft", None)))
    assert policies(recipe.folder)[0] == first
