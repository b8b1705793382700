"""The `--tracker` of the training commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any


def tracking(arguments: Any) -> AbstractContextManager[Callable[[dict[str, Any]], None]]:
    """Forwards the steps of one training to `arguments.tracker`, from its first process only."""
    from veritune.rounds import tracked_training
    from veritune.trainer import join_processes, process_rank, state_folder

    join_processes()
    out = Path(arguments.out)
    name = None if process_rank() else arguments.tracker
    settings = arguments.model_dump(mode="json", exclude_none=True)
    return tracked_training(name, out, settings, resumes=state_folder(out).is_dir())
