"""`veritune report RUN [RUN ...] [--out FILE]`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from veritune.cli.arguments import Positional, parse
from veritune.config import Frozen


class ReportArguments(Frozen):
    """One self-contained HTML page over one or more runs."""

    runs: Positional[tuple[str, ...]] = ()
    """Folders of runs."""
    out: str | None = None
    """The page; RUN/report.html where left out, beside the first of several runs."""


def main(argv: Sequence[str]) -> int:
    """Write the page, and print where it is."""
    arguments = parse(ReportArguments, argv, prog="veritune report")
    # Before any run is read: what is missing is said at once.
    if find_spec("matplotlib") is None:
        raise ModuleNotFoundError("matplotlib", name="matplotlib")
    from veritune.viewer import write_report

    runs = [Path(run) for run in arguments.runs]
    print(write_report(runs, Path(arguments.out) if arguments.out else default_out(runs)))
    return 0


def default_out(runs: Sequence[Path]) -> Path:
    """Where the page goes: into the run, or beside several."""
    home = Path() if not runs else runs[0] if len(runs) == 1 else runs[0].parent
    return home / "report.html"
