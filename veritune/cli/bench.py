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
MEANINGS = {
    "pass-at-k": "how many problems are solved by at least one of k candidates",
    "best-of-n": "how much choosing among n candidates by a score gains",
    "supervision": "outcome against process supervision: a study over several seeds",
    "steps": "how well step checkers find wrong steps that people or rules have labelled",
    "rollouts": "step labels from sampled completions (Math-Shepherd)",
    "throughput --what answers": "answers verified a second",
    "throughput --what group": "a group baseline's training step",
    "throughput --what ppo": "PPO's training step",
    "throughput --what code": "programs verified a second",
    "throughput --what sft": "fine-tuning's training step",
    "throughput --what sampling": "tokens sampled a second",
}


def main(argv: Sequence[str]) -> int:
    """Run one benchmark with the words that follow its name."""
    words = list(argv)
    if not words or words[0] in ("-h", "--help"):
        width = max(map(len, BENCHMARKS))
        print("usage: veritune bench NAME ...\n")
        print("\n".join(f"  {name:<{width}}  {MEANINGS[name]}" for name in BENCHMARKS))
        print("\nveritune bench NAME --help explains each.")
        return 0 if words else 2
    name, rest = words[0], words[1:]
    if name == "throughput" and "--what" in rest[:-1]:
        at = rest.index("--what")
        name, rest = f"{name} --what {rest[at + 1]}", rest[:at] + rest[at + 2 :]
    if name not in BENCHMARKS:
        raise RecipeError(f"no benchmark '{name}'; there are: {', '.join(BENCHMARKS)}")
    code: int = import_module(BENCHMARKS[name]).main(rest)
    return code
