"""The `--tracker` of the training commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any


def tracking(arguments: Any) -> AbstractContextManager[Callable[[dict[str, Any]], None]]:
    """Forwards the steps of one training to `arguments.tracker`, from its first process only."""
    from veritune.rounds.tracking import tracked_training
    from veritune.trainer import processes
    from veritune.trainer.fitting import state_folder

    processes.join()
    out = Path(arguments.out)
    name = None if processes.rank() else arguments.tracker
    settings = arguments.model_dump(mode="json", exclude_none=True)
    return tracked_training(name, out, settings, resumes=state_folder(out).is_dir())
