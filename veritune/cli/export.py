"""`veritune export RUN --set train/3 --out FILE`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.cli.arguments import Positional, parse
from veritune.config import Frozen
from veritune.errors import RecipeError
from veritune.rounds import Format, export


class ExportArguments(Frozen):
    """Verified candidates of a run, as rows that other trainers read."""

    run: Positional[str] = ""
    """Folder of a run."""
    set: str = "train/1"
    """Which candidates: train/K or test/K of round K."""
    out: str = ""
    """A .jsonl, .jsonl.zst or .parquet file."""
    format: Format = "records"
    """records: problem, candidate and verdict; prompt-completion, unpaired and preference: TRL's;
    openrlhf; verl: the problems, with their pass rates."""
    selected: bool = False
    """Only candidates that the run trained on."""


def main(argv: Sequence[str]) -> int:
    """Write the file, and print how many rows it has."""
    arguments = parse(ExportArguments, argv, prog="veritune export")
    if not arguments.run or not arguments.out:
        raise RecipeError("give a run's folder and a file: veritune export RUN --out FILE")
    out = Path(arguments.out)
    if out.exists():
        raise RecipeError(f"--out: {out} is there already; name another")
    rows = export(
        arguments.run,
        out,
        name=arguments.set,
        format=arguments.format,
        selected=arguments.selected,
    )
    print(f"{rows} rows of {arguments.set} in {out}")
    return 0
