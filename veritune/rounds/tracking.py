"""Measurements forwarded to tensorboard, wandb or trackio, as they are written down.

A row's numbers become `phase/name`: `train/loss`, `evaluate/pass_at_1`. Training steps are
counted over all rounds; everything else is logged by round. A run that resumes continues in the
tracker too.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from veritune.config import TrackerName
from veritune.errors import RecipeError
from veritune.records import MetricsRow, OnStep, whole
from veritune.store import Store

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

PROJECT = "veritune"
# Where a row stands, and no measurement.
AXES = {"round", "phase", "step"}


class Tracker(Protocol):
    """Where measurements are forwarded to."""

    def log(self, values: Mapping[str, float], axis: str, at: int) -> None:
        """Numbers by name, `at` on the axis `train/step` or `round`."""
        ...

    def flush(self) -> None:
        """What was logged survives this process."""
        ...

    def close(self) -> None:
        """Nothing more will be logged."""
        ...


@contextmanager
def tracked_run(
    name: TrackerName | None, store: Store, settings: Mapping[str, object]
) -> Iterator[None]:
    """Meanwhile, forward the rows that are new to a run's journal.

    A row is forwarded after it was written down, so at most once: a run that was killed between
    the two lacks it in the tracker, and never has it twice.
    """
    if name is None:
        yield
        return
    folder = store.folder / "tracker"
    with _opened(name, folder, store.folder.name, settings) as tracker:

        def tell(rows: Sequence[MetricsRow]) -> None:
            for row in rows:
                # Counted over all rounds, so that a curve does not start again with each.
                before = store.count_metrics("train", whole(row, "round"))
                _log(tracker, row, before)
            tracker.flush()

        store.listener = tell
        try:
            yield
        finally:
            store.listener = None


@contextmanager
def tracked_training(
    name: TrackerName | None, out: Path, settings: Mapping[str, object], *, resumes: bool
) -> Iterator[OnStep]:
    """Forward the steps of one training whose result will be `out`, each once.

    What is needed to resume lies in `out.tracker`; a training that does not resume starts there
    anew.
    """
    if name is None:
        yield lambda step: None
        return
    folder = out.with_name(f"{out.name}.tracker")
    if not resumes:
        shutil.rmtree(folder, ignore_errors=True)
    mark = folder / "told"
    with _opened(name, folder, out.name, settings) as tracker:
        told = int(mark.read_text()) if mark.exists() else 0

        def tell(step: MetricsRow) -> None:
            if (at := whole(step, "step")) > told:
                # Before it is logged: after a kill a step may lack, and none is there twice.
                mark.write_text(str(at))
                _log(tracker, {"phase": "train", **step}, 0)
                tracker.flush()

        yield tell


def _log(tracker: Tracker, row: MetricsRow, before: int) -> None:
    """Log a row; `before` training steps were taken in earlier rounds."""
    phase = row["phase"]
    values = {
        f"{phase}/{key}": float(value)
        for key, value in row.items()
        if key not in AXES and isinstance(value, int | float) and not isinstance(value, bool)
    }
    if phase == "train":
        tracker.log(values, "train/step", before + whole(row, "step"))
    else:
        tracker.log(values, "round", whole(row, "round"))


@contextmanager
def _opened(
    name: TrackerName, folder: Path, title: str, settings: Mapping[str, object]
) -> Iterator[Tracker]:
    openers: dict[TrackerName, Callable[[Path, str, Mapping[str, object]], Tracker]] = {
        "tensorboard": Tensorboard,
        "wandb": Wandb,
        "trackio": Trackio,
    }
    folder.mkdir(parents=True, exist_ok=True)
    try:
        tracker = openers[name](folder, title, settings)
    except ImportError as error:
        raise RecipeError(
            f"tracker is '{name}', and it cannot be imported ({error}); "
            f"pip install 'veritune[{name}]', or leave the tracker out"
        ) from None
    try:
        yield tracker
    finally:
        tracker.close()


class Tensorboard:
    """Event files in the tracker's folder: `tensorboard --logdir runs` finds them."""

    def __init__(self, folder: Path, title: str, settings: Mapping[str, object]) -> None:
        self._writer = _summary_writer(folder)

    def log(self, values: Mapping[str, float], axis: str, at: int) -> None:
        """One point of every curve."""
        for tag, value in values.items():
            self._writer.add_scalar(tag, value, at)

    def flush(self) -> None:
        """Write the event file."""
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()


class Wandb:
    """A Weights & Biases run; WANDB_MODE, WANDB_ENTITY and its other variables are heeded."""

    def __init__(self, folder: Path, title: str, settings: Mapping[str, object]) -> None:
        import wandb

        id = _identity(folder)
        self._run = wandb.init(
            project=PROJECT, name=title, id=id, resume="allow", dir=folder, config=dict(settings)
        )
        self._run.define_metric("*", step_metric="round")
        self._run.define_metric("train/*", step_metric="train/step")

    def log(self, values: Mapping[str, float], axis: str, at: int) -> None:
        """One row of the run's history."""
        self._run.log({**values, axis: at})

    def flush(self) -> None:
        """Nothing: a process of wandb's own holds what was logged."""

    def close(self) -> None:
        """Wait until everything is sent, or on disk where wandb is offline."""
        self._run.finish()


class Trackio:
    """A trackio run, on this machine or wherever TRACKIO_SPACE_ID says."""

    def __init__(self, folder: Path, title: str, settings: Mapping[str, object]) -> None:
        import trackio

        self._trackio = trackio
        name = f"{title}-{_identity(folder)}"
        trackio.init(project=PROJECT, name=name, resume="allow", config=dict(settings))

    def log(self, values: Mapping[str, float], axis: str, at: int) -> None:
        """One row of the run."""
        self._trackio.log({**values, axis: at}, step=at)

    def flush(self) -> None:
        """Nothing: trackio sends by itself."""

    def close(self) -> None:
        """Wait until everything is written."""
        self._trackio.finish()


def _summary_writer(folder: Path) -> SummaryWriter:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))


def _identity(folder: Path) -> str:
    """The id under which a resumed run continues in the tracker."""
    path = folder / "id"
    if not path.exists():
        path.write_text(uuid.uuid4().hex[:12])
    return path.read_text()
