"""Rounds a second of `rounds.overlap = 1` against 0, where sampling and training cost the same.

    python tests/rounds/overlap_speed.py --repeats 3 --rounds 10

Chains of the demo, SFT on what passed, one torch thread on each side. Runs take turns, each in a
process of its own and each pair with a seed of its own; the rounds after the first two are timed.
On a busy machine look at the processor time of both sides, too: with a core for each, rounds follow
each other as the longer side does. `pass_at_1` is the mean over the second half of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from veritune.config import Recipe, check_recipe
from veritune.records import MetricsRow, whole
from veritune.rounds import Advance, NullProgress, improve

# Rounds that are not timed: the other process imports torch meanwhile.
WARM = 2


class Timed(NullProgress):
    """When each phase began and ended, and when each round was measured."""

    def __init__(self) -> None:
        self.rounds: dict[int, float] = {}
        self.spent: dict[str, float] = {}

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        """Adds up the seconds of each kind of phase, of the rounds that are timed."""
        began = time.perf_counter()
        yield lambda count=1, **figures: None
        round, _, what = title.removeprefix("round ").partition(": ")
        if round.isdigit() and int(round) > WARM:
            self.spent[what] = self.spent.get(what, 0.0) + time.perf_counter() - began

    def measured(self, rows: list[MetricsRow]) -> None:
        """A round is over when its policy is measured."""
        self.rounds[whole(rows[-1], "round")] = time.perf_counter()


def recipe(home: Path, name: str, overlap: int, words: argparse.Namespace) -> Recipe:
    """The run that is timed."""
    values: dict[str, object] = {
        "output": str(home),
        "name": name,
        "seed": words.seed,
        "threads": 1,
        "model": {"scratch": {"layers": 2, "width": 128, "heads": 4, "max_length": 128}},
        "problems": {"source": "chain", "train": 6000, "test": 200},
        "warm_start": {"demonstrations": 500, "max_steps": 80, "learning_rate": 3e-3},
        "rounds": {"count": words.rounds, "prompts": words.prompts, "overlap": overlap},
        "sampler": {"n": 4, "max_tokens": 40},
        "trainer": {"max_steps": words.steps, "batch_size": 64, "learning_rate": 1e-3},
        "evaluation": {"n": 1, "k": 1},
    }
    return check_recipe(values, "overlap_speed")


def one(words: argparse.Namespace) -> None:
    """Run once, and print what was measured as JSON."""
    seen, mine = Timed(), time.process_time()
    with tempfile.TemporaryDirectory() as place:
        home = Path(words.home)
        made = recipe(Path(place), "run", words.overlap, words)
        os.symlink(home / "starts", Path(place) / "starts")
        rows = asyncio.run(improve(made, seen))
    others = os.times()
    half = [row for row in rows if whole(row, "round") > words.rounds / 2]
    ends = [seen.rounds[round] for round in sorted(seen.rounds) if round >= WARM]
    figures = {
        "seconds": (ends[-1] - ends[0]) / (words.rounds - WARM),
        "cpu": time.process_time() - mine,
        "cpu_others": others.children_user + others.children_system,
        "pass_at_1": statistics.fmean(float(str(row["pass_at_1"])) for row in half),
        **{what: spent / (words.rounds - WARM) for what, spent in seen.spent.items()},
    }
    print(json.dumps(figures))


def main() -> None:
    """Runs of both kinds in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--prompts", type=int, default=150)
    parser.add_argument("--steps", type=int, default=8, help="optimizer steps a round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--overlap", type=int, help="run this once; for the script itself")
    parser.add_argument("--home")
    words = parser.parse_args()
    if words.overlap is not None:
        return one(words)
    found: dict[int, list[dict[str, float]]] = {0: [], 1: []}
    with tempfile.TemporaryDirectory(prefix="veritune-overlap-") as home:
        (Path(home) / "starts").mkdir()
        for number in range(words.repeats):
            for overlap in (0, 1):
                command = [sys.executable, __file__, *sys.argv[1:], "--home", home]
                done = subprocess.run(
                    [*command, "--overlap", str(overlap), "--seed", str(words.seed + number)],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                row = json.loads(done.stdout.splitlines()[-1])
                found[overlap].append(row)
                load = os.getloadavg()[0]
                shown = ", ".join(f"{name} {value:.2f}" for name, value in row.items())
                print(f"{number} overlap {overlap}: {shown}; load {load:.1f}", flush=True)
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(found[0], found[1], strict=True)]
    print(f"rounds/s, overlap 1 to 0: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    print(f"median {statistics.median(ratios):.2f}")
    for overlap, rows in found.items():
        rates = [row["pass_at_1"] for row in rows]
        spread = statistics.stdev(rates) if len(rates) > 1 else 0.0
        print(f"overlap {overlap}: pass@1 {statistics.fmean(rates):.3f}, deviation {spread:.3f}")


if __name__ == "__main__":
    main()
