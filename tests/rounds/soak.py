"""Many rounds in one process: do memory, open files, threads and the time of a round stay flat?

    python tests/rounds/soak.py                                  # 500 rounds, about five minutes
    python tests/rounds/soak.py --rounds 100 --folder FOLDER     # resumes the run in FOLDER

Each round samples, verifies, selects and trains a small policy on chains, and is evaluated. A line
each 25 rounds; at the end the last quarter is compared with the second one: the first one warms up.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from veritune.config import Recipe, check_recipe
from veritune.records import MetricsRow, whole
from veritune.rounds import NullProgress, improve, start_policy

NAME, EVERY = "soak", 25
MIB = 1 << 20
Figures = dict[str, float]


def recipe_of(home: str, rounds: int) -> Recipe:
    """The run: a small round of every phase."""
    values: dict[str, object] = {
        "output": home,
        "name": NAME,
        "threads": 1,
        "model": {"scratch": {"layers": 1, "width": 64, "heads": 4, "max_length": 64}},
        "problems": {"source": "chain", "train": 500, "test": 20, "chain": {"steps": 2}},
        "warm_start": {"demonstrations": 500, "max_steps": 300, "learning_rate": 3e-3},
        "rounds": {"count": rounds, "prompts": 20, "on_empty": "skip"},
        "sampler": {"n": 4, "max_tokens": 20},
        "trainer": {"max_steps": 2, "batch_size": 16, "learning_rate": 1e-4},
        "evaluation": {"n": 1, "k": 1},
    }
    return check_recipe(values, "soak")


def held(run: Path) -> Figures:
    """What this process holds, and the size of the run's journal."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    journal = sum(path.stat().st_size for path in run.glob("journal.*"))
    return {
        "memory": int(status["VmRSS"].split()[0]) / 1024,
        "files": len(os.listdir("/proc/self/fd")),
        "threads": int(status["Threads"]),
        "journal": journal / MIB,
    }


class Watch(NullProgress):
    """The figures of every round, taken when its policy was measured."""

    def __init__(self, run: Path) -> None:
        self.run, self.rounds = run, list[Figures]()
        self._last = time.perf_counter(), _cpu()

    def measured(self, rows: list[MetricsRow]) -> None:
        """A round is over when its policy is measured."""
        now = time.perf_counter(), _cpu()
        spent = {"seconds": now[0] - self._last[0], "cpu": now[1] - self._last[1]}
        self._last = now
        self.rounds.append({**spent, **held(self.run)})
        number = whole(rows[-1], "round")
        if number % EVERY == 0:
            print(f"round {number}: {shown(self.rounds[-EVERY:])}", flush=True)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def shown(rows: Sequence[Figures]) -> str:
    """Medians of some rounds, in a line."""
    middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    return (
        f"{middle['seconds']:.2f} s, CPU {middle['cpu']:.2f} s, {middle['memory']:.0f} MiB,"
        f" {middle['files']:.0f} files, {middle['threads']:.0f} threads,"
        f" journal {middle['journal']:.1f} MiB"
    )


def main() -> None:
    """One run, and what changed from its second quarter to its last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--folder", help="where the run is kept; else it goes")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="veritune-soak-") as spare:
        recipe = recipe_of(words.folder or spare, words.rounds)
        watch = Watch(Path(recipe.output) / NAME)
        start_policy(recipe, NullProgress())
        asyncio.run(improve(recipe, watch))
    quarter = max(1, len(watch.rounds) // 4)
    before, after = watch.rounds[quarter : 2 * quarter], watch.rounds[-quarter:]
    print(f"second quarter: {shown(before)}\nlast quarter:   {shown(after)}")
    for name in ("cpu", "memory", "files", "threads"):
        first, last = (statistics.median(row[name] for row in rows) for rows in (before, after))
        print(f"{name}: {last / first:.2f} times")


if __name__ == "__main__":
    main()
