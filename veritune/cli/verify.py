"""`veritune verify --problems P.jsonl --candidates C.jsonl --out V.jsonl`."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.cli.running import run_async
from veritune.config import ColumnsConfig, VerifierConfig


class VerifyArguments(VerifierConfig):
    """Verify a file of candidates."""

    problems: str
    """Problems: a file, folder or hub name, in any known layout."""
    candidates: str
    """Candidates of those problems, in any of the same formats."""
    columns: ColumnsConfig = ColumnsConfig()
    out: str
    """Where the verdicts go, in the order of the candidates."""


def main(argv: Sequence[str]) -> int:
    """Verify every candidate; exit code 0 whatever the verdicts are."""
    arguments = parse(VerifyArguments, argv, prog="veritune verify")
    from veritune.rounds import verify_file

    problems, candidates, out = arguments.problems, arguments.candidates, arguments.out
    progress = TerminalProgress()
    counts = run_async(
        verify_file(problems, candidates, out, arguments, progress, arguments.columns)
    )
    if counts is None:
        progress.say(f"{out} already holds the verdicts of these candidates")
        return 0
    progress.say(
        f"{sum(counts.values())} candidates: {counts['passed']} passed, {counts['failed']} failed,"
        f" {counts['error']} verifier errors; verdicts in {out}"
    )
    return 0
