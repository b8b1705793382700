"""Progress of a run; the command line shows it, a library user may ignore it."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from veritune.records import MetricsRow


class Advance(Protocol):
    """So many more are done; figures are shown beside the bar."""

    def __call__(self, count: int = 1, **figures: float) -> None: ...


class Progress(Protocol):
    """Receives phases, finished rounds and messages."""

    def phase(self, title: str, total: int) -> AbstractContextManager[Advance]:
        """A long phase of `total` equal parts begins."""
        ...

    def measured(self, rows: list[MetricsRow]) -> None:
        """A round ended; `rows` are the evaluations so far."""
        ...

    def say(self, text: str) -> None:
        """A message of one line."""
        ...


class NullProgress:
    """Shows nothing."""

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        """Nothing is shown."""
        yield lambda count=1, **figures: None

    def measured(self, rows: list[MetricsRow]) -> None:
        """Nothing is shown."""

    def say(self, text: str) -> None:
        """Nothing is shown."""


def raise_if_cancelled() -> None:
    """Let Ctrl-C end a training phase, which never yields to the event loop.

    Outside of one, Ctrl-C ends the phase by itself.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
