"""The head of a cluster is killed in the middle of a run: one line, and the command resumes it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from small_runs import NODE, contents, tiny

from veritune.config import Recipe
from veritune.errors import JournalError
from veritune.rounds import improve
from veritune.store import Store, to_toml

pytestmark = [pytest.mark.ray, pytest.mark.slow]


def cluster_of_two() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    cluster.add_node(**NODE)
    return cluster


def asked(output: Path, name: str, address: str | None) -> Recipe:
    table = {} if address is None else {"address": address, "samplers": 1, "verifiers": 1}
    shape = {"scratch": {"layers": 1, "width": 32, "heads": 2, "max_length": 64}}
    rounds = {"count": 12, "prompts": 6}
    return tiny(output, name, model=shape, rounds=rounds, cluster=table, trainer={"max_steps": 1})


def sampled(recipe: Recipe) -> bool:
    """Whether the second round is under way."""
    try:
        with Store.open(recipe.folder, read_only=True) as store:
            return bool(store.verified_keys("train/2"))
    except JournalError:  # Not there yet.
        return False


def kill(node: Any) -> None:
    for kind in node.all_processes.values():
        for found in kind:
            os.kill(found.process.pid, signal.SIGKILL)


def test_the_same_command_resumes_a_run_whose_head_was_killed(tmp_path: Path) -> None:
    first = cluster_of_two()
    address = first.address
    recipe = asked(tmp_path, "run", address)
    file = tmp_path / "run.toml"
    file.write_text(to_toml(recipe))
    command = [sys.executable, "-m", "veritune", "run", str(file)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 200
    while not sampled(recipe) and run.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    kill(first.head_node)
    _, said = run.communicate(timeout=200)
    first.shutdown()
    assert run.returncode == 1, said
    ours = [line for line in said.splitlines() if line.startswith("veritune: ")]
    assert len(ours) == 1 and f"its head {address} is lost" in ours[0], said
    again = cluster_of_two()
    try:
        asyncio.run(improve(asked(tmp_path, "run", again.address)))
    finally:
        again.shutdown()
    alone = asked(tmp_path, "alone", None)
    asyncio.run(improve(alone))
    assert contents(recipe) == contents(alone)
