"""`veritune bench pass-at-k --problems P --candidates C|--model M [--k 1 10]`."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import parse
from veritune.cli.candidates import CandidateArguments, judged_candidates
from veritune.cli.console import Terminal, percent
from veritune.config import Positive


class PassAtKArguments(CandidateArguments):
    """Judge candidates of a file or a model and report pass@k, unbiased (Chen et al. 2021)."""

    k: tuple[Positive, ...] = (1,)
    """The k to report."""


def main(argv: Sequence[str]) -> int:
    """Judge and report."""
    from veritune.benchmarks.pass_at_k import estimate

    arguments = parse(PassAtKArguments, argv, prog="veritune bench pass-at-k")
    watch = Terminal()
    _, verdicts = judged_candidates(arguments, watch)
    figures = estimate(verdicts, arguments.k)
    for k, rate in figures.rates.items():
        few = figures.too_few[k]
        note = f" ({few} problems have too few candidates)" if few else ""
        watch.say(f"pass@{k}: {percent(rate)}, {rate:.6f}{note}")
    watch.say(
        f"{figures.candidates} candidates of {figures.problems} problems;"
        f" {figures.unchecked} could not be checked"
    )
    return 0
