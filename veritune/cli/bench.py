"""`veritune bench pass-at-k|throughput ...`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from veritune.errors import RecipeError

BENCHMARKS = {
    "pass-at-k": "veritune.cli.bench_pass_at_k",
    "best-of-n": "veritune.cli.bench_best_of_n",
    "supervision": "veritune.cli.bench_supervision",
    "steps": "veritune.cli.bench_steps",
    "rollouts": "veritune.cli.bench_rollouts",
    "throughput --what answers": "veritune.benchmarks.throughput_answers",
    "throughput --what group": "veritune.benchmarks.throughput_group",
    "throughput --what ppo": "veritune.benchmarks.throughput_ppo",
    "throughput --what code": "veritune.benchmarks.throughput_code",
    "throughput --what sft": "veritune.benchmarks.throughput_sft",
    "throughput --what sampling": "veritune.benchmarks.throughput_sampling",
}


def main(argv: Sequence[str]) -> int:
    """Run one benchmark with the words that follow its name."""
    words = list(argv)
    if not words or words[0] in ("-h", "--help"):
        print("usage: veritune bench NAME ...\n\n  " + "\n  ".join(BENCHMARKS))
        return 0 if words else 2
    name, rest = words[0], words[1:]
    if name == "throughput" and "--what" in rest[:-1]:
        at = rest.index("--what")
        name, rest = f"{name} --what {rest[at + 1]}", rest[:at] + rest[at + 2 :]
    if name not in BENCHMARKS:
        raise RecipeError(f"no benchmark '{name}'; there are: {', '.join(BENCHMARKS)}")
    code: int = import_module(BENCHMARKS[name]).main(rest)
    return code
