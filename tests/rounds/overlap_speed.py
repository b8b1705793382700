"""Rounds a second of `rounds.overlap = 1` against 0, where sampling and training cost the same.

    python tests/rounds/overlap_speed.py --seeds 5
    python tests/rounds/overlap_speed.py --seeds 5 --small     # for what comes of it

Chains of the demo, SFT on what passed, one torch thread on each side. Runs take turns, a pair with
each seed; the rounds after the first measurement are timed. On a busy machine look at the processor
time of both sides, too: with a core for each, rounds follow each other as the longer side does.
What comes of the last round is compared in pairs, with the 95% interval of Student's t.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time

from scipy import stats

from veritune.config import Recipe, check_recipe
from veritune.records import MetricsRow, whole
from veritune.rounds import NullProgress, improve, start_policy

Figures = dict[str, float]


class Timed(NullProgress):
    """When each round was measured."""

    def __init__(self) -> None:
        self.ends: dict[int, float] = {}

    def measured(self, rows: list[MetricsRow]) -> None:
        """A round is over when its policy is measured."""
        self.ends[whole(rows[-1], "round")] = time.perf_counter()


def recipe_of(home: str, seed: int, overlap: int, words: argparse.Namespace) -> Recipe:
    """The run that is timed."""
    layers, width, steps = (1, 64, 2) if words.small else (2, 128, 5)
    values: dict[str, object] = {
        "output": home,
        "name": f"{seed}-{overlap}",
        "seed": seed,
        "threads": 1,
        "model": {"scratch": {"layers": layers, "width": width, "heads": 4, "max_length": 128}},
        "problems": {"source": "chain", "train": 6000, "test": 400, "chain": {"steps": steps}},
        "warm_start": {"demonstrations": 500, "max_steps": 80, "learning_rate": 3e-3},
        "rounds": {"count": 2 * words.rounds, "prompts": words.prompts, "overlap": overlap},
        "sampler": {"n": 4, "max_tokens": 40},
        "trainer": {"max_steps": words.steps, "batch_size": 64, "learning_rate": 1e-3},
        "evaluation": {"n": 4, "k": 1, "every": words.rounds},
    }
    return check_recipe(values, "overlap_speed")


def timed(recipe: Recipe, words: argparse.Namespace) -> Figures:
    """One run: seconds of a round, processor seconds of both sides, the first and last pass@1."""
    seen, before = Timed(), os.times()
    rows = asyncio.run(improve(recipe, seen))
    after = os.times()
    return {
        "seconds": (seen.ends[2 * words.rounds] - seen.ends[words.rounds]) / words.rounds,
        "cpu": after.user + after.system - before.user - before.system,
        "cpu_trainer": after.children_user - before.children_user,
        "start_pass_at_1": float(str(rows[0]["pass_at_1"])),
        "pass_at_1": float(str(rows[-1]["pass_at_1"])),
    }


def main() -> None:
    """Runs of both kinds in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5, help="that are timed, after as many more")
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--steps", type=int, default=5, help="optimizer steps a round")
    parser.add_argument("--small", action="store_true", help="a smaller model, shorter chains")
    words = parser.parse_args()
    found: dict[int, list[Figures]] = {0: [], 1: []}
    for seed in range(words.seeds):
        with tempfile.TemporaryDirectory(prefix="veritune-overlap-") as home:
            start_policy(recipe_of(home, seed, 0, words), NullProgress())
            for overlap in (0, 1):
                row = timed(recipe_of(home, seed, overlap, words), words)
                found[overlap].append(row)
                shown = ", ".join(f"{name} {value:.3f}" for name, value in row.items())
                load = os.getloadavg()[0]
                print(f"seed {seed}, overlap {overlap}: {shown}; load {load:.1f}", flush=True)
    gaps = [b["pass_at_1"] - a["pass_at_1"] for a, b in zip(found[0], found[1], strict=True)]
    print(f"pass@1, overlap 1 less 0: {', '.join(f'{gap:+.3f}' for gap in gaps)}")
    if len(gaps) > 1:
        mean, error = statistics.fmean(gaps), statistics.stdev(gaps) / len(gaps) ** 0.5
        reach = float(stats.t.ppf(0.975, len(gaps) - 1)) * error
        print(f"mean {mean:+.3f}, 95% interval {mean - reach:+.3f} to {mean + reach:+.3f}")
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(found[0], found[1], strict=True)]
    print(f"rounds/s, overlap 1 to 0, by seed: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    whole_time = [sum(row["seconds"] for row in rows) for rows in found.values()]
    middle, total = statistics.median(ratios), whole_time[0] / whole_time[1]
    print(f"RATIO of rounds/s, overlap 1 to 0: median {middle:.2f}, of all {total:.2f}")


if __name__ == "__main__":
    main()
