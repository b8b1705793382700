"""One side of a training benchmark: a process of its own, told its task as JSON."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

from veritune.errors import VerituneError

# A benchmark that takes half an hour is stuck.
SECONDS = 1800
# tokens, seconds, cpu (processor seconds) and peak_mb of one process.
Measurement = dict[str, float]
# How threads wait: the command's own choice, which is none that a peer's users make.
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")


def measure(command: Sequence[str], task: dict[str, object], env: dict[str, str]) -> Measurement:
    """Run one side; the last line that it prints is its figures."""
    threads = str(task["threads"])
    quiet = {"TRL_EXPERIMENTAL_SILENCE": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    limits = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    done = subprocess.run(
        [*command, json.dumps(task)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=env | quiet | limits,
    )
    if done.returncode:
        raise VerituneError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    row: Measurement = json.loads(done.stdout.strip().splitlines()[-1])
    return row


def in_turn(
    module: str, peers: dict[str, list[str]], task: dict[str, object], repeats: int
) -> dict[str, list[Measurement]]:
    """A module of ours and the peers' commands, each so many times, in turn."""
    own, ours = dict(os.environ), "veritune"
    others = {key: value for key, value in own.items() if key not in WAITING}
    found: dict[str, list[Measurement]] = {name: [] for name in (ours, *peers)}
    for _ in range(repeats):
        found[ours].append(measure([sys.executable, "-m", module], task, own))
        for name, command in peers.items():
            found[name].append(measure(command, task, others))
    return found


def print_ratios(found: dict[str, list[Measurement]], title: str = "") -> None:
    """Medians, spreads and peaks of all sides, and the first one's speed over the others'.

    Where other programs have a part of the processors, go by tokens a processor second.
    """
    medians = []
    for name, rows in found.items():
        speeds = [row["tokens"] / row["seconds"] for row in rows]
        worked = statistics.median(row["tokens"] / row["cpu"] for row in rows)
        medians.append((statistics.median(speeds), worked))
        memory = max(row["peak_mb"] for row in rows)
        spread = f"{min(speeds):,.0f} to {max(speeds):,.0f}"
        print(
            f"{title}{name:<15}{medians[-1][0]:>9,.0f} tokens/s ({spread}),"
            f" {worked:,.1f} a processor second, peak {memory:,.0f} MB",
            flush=True,
        )
    for speed, worked in medians[1:]:
        print(
            f"{title}ratio of medians: {medians[0][0] / speed:.2f},"
            f" of processor time {medians[0][1] / worked:.2f}",
            flush=True,
        )
