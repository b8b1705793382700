"""`veritune bench pass-at-k --problems P --candidates C|--model M [--k 1 10]`."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import parse
from veritune.cli.candidates import CandidateArguments, verified_candidates
from veritune.cli.console import TerminalProgress, percent
from veritune.config import Positive


class PassAtKArguments(CandidateArguments):
    """Verify candidates of a file or a model and report pass@k, unbiased (Chen et al. 2021)."""

    k: tuple[Positive, ...] = (1,)
    """The k to report."""


def main(argv: Sequence[str]) -> int:
    """Verify and report."""
    from veritune.benchmarks.pass_at_k import estimate

    arguments = parse(PassAtKArguments, argv, prog="veritune bench pass-at-k")
    progress = TerminalProgress()
    _, verdicts = verified_candidates(arguments, progress)
    figures = estimate(verdicts, arguments.k)
    for k, rate in figures.rates.items():
        few = figures.too_few[k]
        note = f" ({few} problems have too few candidates)" if few else ""
        progress.say(f"pass@{k}: {percent(rate)}, {rate:.6f}{note}")
    progress.say(
        f"{figures.candidates} candidates of {figures.problems} problems;"
        f" {figures.unchecked} verifier errors"
    )
    return 0
