"""Whole runs whose processes are killed and stopped at random, beside one that nobody disturbs.

    python tests/faults/kills.py --kills 300
    python tests/faults/kills.py --kills 30 --kinds docker     # as root, with dockerd installed
    python tests/faults/kills.py --kills 30 --kinds ray ray-code
    python tests/faults/kills.py --kills 15 --kinds vllm

Kills (SIGKILL), stops for good (SIGSTOP) and stops for a moment hit the main process, what forks
and what compares answers, and every process of the sandbox; with `docker` also containers, their
shims, containerd and the daemon, with `ray` actors, raylets and the head, with `vllm` the engine.
What a run needs is put back; a run whose main process was killed, or that ended with a line as it
may, is resumed with the same command. Then nothing may be lost, twice, changed or left behind.
Takes minutes a run; exits 1 where anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from comparing import differences
from disturbed import Around, Disturbed
from kill_recipes import KINDS, model, roots


class WithEngine(Around):
    """Runs with an engine, which takes its time to start."""

    gap, longest = (5.0, 40.0), 3600.0

    def may_end(self, said: str) -> bool:
        return "the vLLM engine crash" in said


WRONG = ("lost", "more", "twice", "texts changed", "verdicts changed", "errors", "left", "failed")


def main() -> int:
    """Runs of all kinds in turn, until so many strikes were made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--a-run", type=int, default=25, help="strikes at one run")
    parser.add_argument("--kinds", nargs="+", default=["math", "code"], choices=sorted(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    struck: Counter[str] = Counter()
    found: Counter[str] = Counter()
    arounds: dict[str, Around] = {}
    with tempfile.TemporaryDirectory(prefix="veritune-kills-") as folder:
        home = Path(folder)
        problems = home / "roots.jsonl"
        parts = {"problems": problems, "model": home / "model"}
        if {"math", "ray", "vllm"} & set(words.kinds):
            model(home, problems, roots(problems))
        undisturbed: dict[str, Path] = {}
        number = 0
        try:
            while struck.total() < words.kills:
                kind = words.kinds[number % len(words.kinds)]
                needs = kind.partition("-")[0]
                if needs not in arounds:
                    arounds[needs] = around(needs, home)
                there = arounds[needs]
                if kind not in undisturbed:
                    undisturbed[kind] = go(home, kind, "whole", parts, 0, 0, found, struck, there)
                most = min(words.a_run, words.kills - struck.total())
                name, seed = f"run-{number}", words.seed + number
                own = go(home, kind, name, parts, seed, most, found, struck, there)
                differs = differences(undisturbed[kind], own)
                found += differs
                number += 1
                print(f"{kind} {number}: {struck.total()} strikes, {dict(+differs) or 'equal'}")
                sys.stdout.flush()
        finally:
            for there in arounds.values():
                there.close()
    print(f"{number} runs, {struck.total()} strikes: {dict(struck)}")
    wrong = (*WRONG, "selection or parameters")
    print(", ".join(f"{name} {found[name]}" for name in wrong))
    return 1 if any(found[name] for name in wrong) else 0


def around(needs: str, home: Path) -> Around:
    """What runs of a kind need beside themselves, begun."""
    if needs == "docker":
        from own_dockerd import OwnDockerd

        return OwnDockerd(home / "dockerd")
    if needs == "ray":
        from own_cluster import OwnCluster

        return OwnCluster()
    return WithEngine() if needs == "vllm" else Around()


def go(
    home: Path,
    kind: str,
    name: str,
    parts: dict[str, Path],
    seed: int,
    most: int,
    found: Counter[str],
    struck: Counter[str],
    there: Around,
) -> Path:
    """The folder of a run that was disturbed so often, and has ended."""
    place = home / kind
    place.mkdir(exist_ok=True)
    recipe = place / f"{name}.toml"
    recipe.write_text(KINDS[kind].format(home=place, name=name, **parts))
    run = Disturbed(recipe, seed, most, there)
    run.finish()
    struck += run.struck
    found["left"] += run.left
    found["failed"] += len(run.wrong)
    for text in run.wrong:
        print(f"  {kind}, seed {seed}: {text}; struck: {run.blows}", flush=True)
    for line, times in Counter(run.ended).items():
        print(f"  {kind}, seed {seed}: ended {times} times with: {line}", flush=True)
    if run.left:
        print(f"  {kind}, seed {seed}: {run.left} left", flush=True)
    return place / name


if __name__ == "__main__":
    sys.exit(main())
