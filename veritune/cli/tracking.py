"""The `--tracker` of the training commands."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from veritune.config import TrackerName
from veritune.records import OnStep


class TrackedArguments(Protocol):
    """Of a training command: its options, with where its result goes and what follows it."""

    @property
    def out(self) -> str: ...

    @property
    def tracker(self) -> TrackerName | None: ...

    def model_dump(self, *, mode: str, exclude_none: bool) -> dict[str, object]:
        """As pydantic's models have it."""
        ...


def tracking(arguments: TrackedArguments) -> AbstractContextManager[OnStep]:
    """Forwards the steps of one training to `arguments.tracker`, from its first process only."""
    from veritune.rounds import tracked_training
    from veritune.trainer import join_processes, process_rank, state_folder

    join_processes()
    out = Path(arguments.out)
    name = None if process_rank() else arguments.tracker
    settings = arguments.model_dump(mode="json", exclude_none=True)
    return tracked_training(name, out, settings, resumes=state_folder(out).is_dir())
