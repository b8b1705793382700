"""`veritune bench throughput --what answers`: speed and agreement, beside math-verify's.

Times are processor seconds of all processes involved where it says "a core", else wall time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypedDict

from veritune.benchmarks.answer_pairs import (
    AnswerPair,
    answers_of,
    bombs,
    has_pairs,
    plain_pairs,
    policy_of,
    read_pairs,
    usual_pairs,
)
from veritune.benchmarks.benchmark_options import OptionParser
from veritune.errors import MissingFileError
from veritune.verifiers import POOL_SECONDS, Pool, compare

DATA = Path("../shared/data/math_answers")
# Long enough that starting workers does not count.
MANY = 10_000
# Answers whose comparison would never end, among the others.
BOMBS = 100

PEER = """
import json, sys, time
from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify
import logging; logging.disable(logging.CRITICAL)
times, agreed = [], 0
for row in map(json.loads, sys.stdin):
    kinds = row.get("match_types", ["latex", "expr"])
    boxed = row.get("boxed_match_priority", 0)
    config = [LatexExtractionConfig(boxed_match_priority=boxed)] if "latex" in kinds else []
    config += [ExprExtractionConfig()] if "expr" in kinds else []
    wrap = (lambda text: text) if "match_types" in row else (lambda text: "$" + text + "$")
    start, cpu = time.perf_counter(), time.process_time()
    try:
        gold, pred = parse(wrap(row["gold"]), config), parse(wrap(row["pred"]), config)
        same = verify(gold, pred, float_rounding=row.get("precision", 6),
                      strict=row.get("strict", True),
                      allow_set_relation_comp=row.get("allow_set_relation_comp", False))
    except Exception:
        same = False
    times.append((time.perf_counter() - start, time.process_time() - cpu))
    agreed += same == row["expected"]
print(json.dumps({"times": times, "agreed": agreed}))
"""


class Timing(NamedTuple):
    """Wall seconds of each pair, processor seconds of them all, and how many labels agreed."""

    walls: list[float]
    cpu: float
    agreed: int

    def line(self, name: str) -> str:
        """One line for a person."""
        walls = sorted(self.walls)
        count = len(walls)
        p50, p99 = walls[count // 2] * 1e3, walls[min(count - 1, int(count * 0.99))] * 1e3
        return (
            f"{name:<24}{count / max(self.cpu, 1e-9):>10,.0f} pairs/s a core"
            f"{count / max(sum(walls), 1e-9):>10,.0f} pairs/s wall"
            f"   p50 {p50:.2f} ms   p99 {p99:.2f} ms   agrees {self.agreed} of {count}"
        )


def main(argv: list[str]) -> int:
    """Measure and print; `--pairs` names files of gold, pred, expected."""
    arguments = _arguments(argv)
    files = arguments.pairs or sorted(filter(has_pairs, DATA.glob("*.jsonl")))
    named = [(path.stem, read_pairs(path)) for path in files] or [("usual kinds", usual_pairs())]
    print(f"fast path: {fast_path():.4f} ms a pair (plain numbers, {MANY:,} pairs)")
    for name, pairs in named:
        print(ours(pairs).line(name))
        peer = math_verify(pairs, arguments.math_verify)
        print(peer.line("  math-verify") if peer else "  math-verify is not installed there")
    without, with_bombs = under_fire(named[0][1], arguments.workers)
    # A bomb holds one worker for its second, and nobody else.
    allowed = 1.5 * without + BOMBS / arguments.workers
    print(
        f"{MANY:,} pairs, {arguments.workers} workers: {without:.1f} s; with {BOMBS} bombs among"
        f" them {with_bombs:.1f} s (at most {POOL_SECONDS} processor s a bomb; bar {allowed:.1f} s)"
    )
    return 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = OptionParser("veritune bench throughput --what answers")
    parser.add_argument("--pairs", type=Path, nargs="*", help="JSONL of gold, pred, expected")
    parser.add_argument(
        "--math-verify", default=sys.executable, help="an interpreter that has math-verify"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(argv)
    if shutil.which(arguments.math_verify) is None:
        raise MissingFileError(f"--math-verify {arguments.math_verify}: no such interpreter")
    return arguments


def fast_path() -> float:
    """Processor milliseconds a pair for pairs that need no worker."""
    pairs = plain_pairs(MANY)
    start = time.process_time()
    for pair in pairs:
        compare(pair.gold, pair.pred)
    return (time.process_time() - start) / len(pairs) * 1e3


def ours(pairs: list[AnswerPair]) -> Timing:
    """One worker, one pair at a time, extraction included; the worker's start is not counted."""
    pool = Pool(1)
    compare(r"\sqrt{2}", "1", pool=pool)
    idle = _closed_cpu(Pool(1))
    walls: list[float] = []
    agreed = 0
    before = time.process_time()
    for pair in pairs:
        start = time.perf_counter()
        found = answers_of(pair)
        same = found is not None and compare(*found, policy_of(pair), pool=pool).equal
        walls.append(time.perf_counter() - start)
        agreed += same == pair.expected
    mine = time.process_time() - before
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = children.ru_utime + children.ru_stime
    pool.close()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Timing(walls, mine + children.ru_utime + children.ru_stime - used - idle, agreed)


def _closed_cpu(pool: Pool) -> float:
    """Processor seconds of a worker that does one comparison and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    compare(r"\sqrt{2}", "1", pool=pool)
    pool.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class PeerReply(TypedDict):
    """What math-verify's process says: (wall, processor) seconds of each pass, and how often it
    agreed with the pairs."""

    times: list[tuple[float, float]]
    agreed: int


def math_verify(pairs: list[AnswerPair], interpreter: str) -> Timing | None:
    """The same pairs through math-verify in its own interpreter; None where it is missing."""
    rows = [
        {**(pair.settings or {}), "gold": pair.gold, "pred": pair.pred, "expected": pair.expected}
        for pair in pairs
    ]
    done = subprocess.run(
        [interpreter, "-c", PEER],
        input="\n".join(map(json.dumps, rows)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return None
    found: PeerReply = json.loads(done.stdout.splitlines()[-1])
    walls, cpus = zip(*found["times"], strict=True)
    return Timing(list(walls), sum(cpus), found["agreed"])


def under_fire(pairs: list[AnswerPair], workers: int) -> tuple[float, float]:
    """Wall seconds for many pairs without bombs, and with bombs among them."""
    usual = [*pairs, *plain_pairs(len(pairs))]
    many = [usual[k % len(usual)] for k in range(MANY)]
    mixed = list(many)
    for k, bomb in enumerate(bombs(BOMBS)):
        mixed[k * (MANY // BOMBS)] = bomb
    return _run_all(many, workers), _run_all(mixed, workers)


def _run_all(pairs: list[AnswerPair], workers: int) -> float:
    pool = Pool(workers)

    def one(pair: AnswerPair) -> bool:
        found = answers_of(pair)
        return found is not None and compare(*found, policy_of(pair), pool=pool).equal

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(one, [AnswerPair(r"\sqrt{2}", "1", False)] * workers))
        start = time.perf_counter()
        list(threads.map(one, pairs))
        seconds = time.perf_counter() - start
    pool.close()
    return seconds
