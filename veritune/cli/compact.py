"""`veritune compact RUN`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.cli.arguments import Positional, parse
from veritune.config import Frozen
from veritune.errors import RecipeError
from veritune.rounds import open_whole
from veritune.store import RunFolder, Store


class CompactArguments(Frozen):
    """Give back the disk space that a run's journal holds and does not use."""

    run: Positional[str] = ""
    """Folder of a run that no process works on."""


def main(argv: Sequence[str]) -> int:
    """Write the journal anew, and print its size before and after."""
    arguments = parse(CompactArguments, argv, prog="veritune compact")
    if not arguments.run:
        raise RecipeError("give a run's folder: veritune compact RUN")
    folder = Path(arguments.run)
    with open_whole(folder):  # A run, and one that is as it was written.
        before = _size(folder)
    with Store.open(folder) as store:
        store.compact()
    print(f"{folder}: {before:.1f} MB -> {_size(folder):.1f} MB")
    return 0


def _size(folder: Path) -> float:
    """Megabytes of the journal."""
    return RunFolder(folder).journal.stat().st_size / 1e6
