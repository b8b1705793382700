"""`veritune convert IN OUT --format trl|math-shepherd|processbench|prm800k|...|veritune`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from veritune.cli.arguments import parse
from veritune.cli.console import TerminalProgress
from veritune.config import Frozen, Rate
from veritune.errors import RecipeError
from veritune.problems import Format, Neutral, convert_steps

USAGE = "veritune convert IN OUT"


class ConvertArguments(Frozen):
    """Turn a file of solutions with labelled steps into another format."""

    format: Format | Literal["veritune"]
    """What to write; veritune is a folder with problems, candidates and verdicts."""
    neutral: Neutral
    """What PRM800K's rating 0 means. Qwen's models count it correct, TRL's script incorrect."""
    split: str = "train"
    """Which split of a folder or hub data set."""
    threshold: Rate = 0.5
    """A soft label above this is right."""
    separator: str | None = None
    """What stands between the steps of a text; left out: what the format that is read has."""
    until_error: bool = False
    """Leave out what stands behind the first wrong step, of which some formats say nothing."""


def main(argv: Sequence[str]) -> int:
    """Convert; the format that is read shows itself row by row."""
    if argv and argv[0] in ("-h", "--help"):
        parse(ConvertArguments, ["--help"], prog=USAGE)
    if len(argv) < 2 or argv[0].startswith("-") or argv[1].startswith("-"):
        raise RecipeError(f"name what to read and what to write: {USAGE} --format ...")
    arguments = parse(ConvertArguments, argv[2:], prog=USAGE)
    count = convert_steps(
        argv[0],
        argv[1],
        format=arguments.format,
        neutral=arguments.neutral,
        split=arguments.split,
        threshold=arguments.threshold,
        separator=arguments.separator,
        only_until_error=arguments.until_error,
    )
    TerminalProgress().say(f"{count} solutions written to {Path(argv[1])}")
    return 0
