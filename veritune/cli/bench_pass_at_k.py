"""`veritune bench pass-at-k --problems P.jsonl --candidates C.jsonl [--k 1 10]`."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import parse
from veritune.cli.console import Terminal, percent
from veritune.cli.inputs import read_pairs
from veritune.cli.running import run_async
from veritune.cli.verify import judge
from veritune.config import Positive, VerifierConfig


class PassAtKArguments(VerifierConfig):
    """Judge a file of candidates and report pass@k, unbiased (Chen et al. 2021)."""

    problems: str
    """Problems: .jsonl, .jsonl.zst or .parquet."""
    candidates: str
    """Candidates of those problems, in any of the same formats."""
    k: tuple[Positive, ...] = (1,)
    """The k to report."""


def main(argv: Sequence[str]) -> int:
    """Judge and report."""
    from veritune.benchmarks.pass_at_k import estimate

    arguments = parse(PassAtKArguments, argv, prog="veritune bench pass-at-k")
    pairs = read_pairs(arguments.problems, arguments.candidates)
    watch = Terminal()
    figures = estimate(run_async(judge(arguments, pairs, watch)), arguments.k)
    for k, rate in figures.rates.items():
        few = figures.too_few[k]
        note = f" ({few} problems have too few candidates)" if few else ""
        watch.say(f"pass@{k}: {percent(rate)}{note}")
    watch.say(
        f"{figures.candidates} candidates of {figures.problems} problems;"
        f" {figures.unchecked} could not be checked"
    )
    return 0
