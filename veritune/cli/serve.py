"""`veritune serve`: the verifiers over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.serve import ServeSettings, run_service


def main(argv: Sequence[str]) -> int:
    """Serve until the process is told to stop."""
    settings = parse(ServeSettings, argv, prog="veritune serve")
    run_service(settings, TerminalProgress().say)
    return 0
