"""The candidate's standard streams, and what of them the tests want to see or give.

Where tests look at output, warnings or logs (`mirror`), these go back with each answer as events,
in order; where they give input, it is asked for.
"""

from __future__ import annotations

import builtins
import io
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Of text that is kept for the tests; more is still printed, and limited as output.
MOST_EVENT_BYTES = 4 << 20
Ask = Callable[[str, Sequence[object]], object]


class Recorder:
    """What happened since the last answer: `["out" or "err", text]`, warnings, log records."""

    def __init__(self) -> None:
        self.events: list[list[object]] = []
        self._size = 0

    def note(self, *event: object) -> None:
        """Keep one event, up to a size."""
        self._size += len(str(event[-1]))
        if self._size < MOST_EVENT_BYTES:
            self.events.append(list(event))

    def take(self) -> list[list[object]]:
        """The events, which are then gone."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:
                continue
        events, self.events, self._size = self.events, [], 0
        return events


class _Copied(io.FileIO):
    """A descriptor whose writes are noted, too."""

    def __init__(self, fd: int, name: str, recorder: Recorder) -> None:
        super().__init__(fd, "w", closefd=False)
        self._stream, self._recorder = name, recorder

    def write(self, data: ReadableBuffer) -> int:
        text = bytes(data).decode(errors="replace")
        self._recorder.note(self._stream, text)
        return super().write(data)


class _Asked(io.TextIOBase):
    """Standard input that the tests provide."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> str:
        return str(self._ask("read", [size]))

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        return str(self._ask("readline", [size]))


def mirror(recorder: Recorder, ask: Ask) -> None:
    """Put streams in place that the tests see through."""
    for name, fd in (("out", 1), ("err", 2)):
        raw = io.BufferedWriter(_Copied(fd, name, recorder))
        stream = io.TextIOWrapper(raw, encoding="utf-8", line_buffering=True)
        setattr(sys, f"std{name}", stream)
        setattr(sys, f"__std{name}__", stream)
    sys.stdin = _Asked(ask)
    builtins.input = lambda prompt="", /: _input(ask, str(prompt))
    _mirror_warnings(recorder)
    _mirror_logs(recorder)


def _input(ask: Ask, prompt: str) -> str:
    return str(ask("input", [prompt]))


def _mirror_warnings(recorder: Recorder) -> None:
    import warnings

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        names = [c.__name__ for c in category.__mro__ if c.__module__ == "builtins"]
        recorder.note("warn", category.__name__, names[0], filename, lineno, str(message))

    warnings.showwarning = show
    warnings.simplefilter("always")


def _mirror_logs(recorder: Recorder) -> None:
    import logging

    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            recorder.note("log", record.name, record.levelno, record.getMessage())

    logging.getLogger().addHandler(Forward())
    logging.getLogger().setLevel(1)
