"""Which runs are looked at, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veritune.errors import NoRunError

JOURNAL = "journal.sqlite"


def named(folders: Sequence[Path]) -> dict[str, Path]:
    """The runs in folders, by short names that differ."""
    names: dict[str, Path] = {}
    for run in (run for folder in folders for run in runs_in(folder)):
        same = sum(other.name == run.name for other in names.values())
        names[f"{run.name} ({same + 1})" if same else run.name] = run
    return names


def runs_in(folder: Path) -> list[Path]:
    """The folder itself where it is a run; else the runs in it, at most two levels down."""
    if (folder / JOURNAL).is_file():
        return [folder]
    inside = sorted({*folder.glob(f"*/{JOURNAL}"), *folder.glob(f"*/*/{JOURNAL}")})
    if not inside:
        raise NoRunError(f"{folder}: not a run (it has no {JOURNAL}), and there is none in it")
    return [journal.parent for journal in inside]
