"""The signals that end a command, and which of them did."""

from __future__ import annotations

import os
import signal
from types import FrameType

# What schedulers and service managers send, and what a terminal sends that is closed.
ENDS = (signal.SIGTERM, signal.SIGHUP)


class Ends:
    """SIGTERM and SIGHUP end the command as Ctrl-C does; `by` is which of the three it was."""

    def __init__(self) -> None:
        self.by = signal.SIGINT
        self._owner = os.getpid()

    def heed(self) -> None:
        """From here on, but for what whoever started us has had ignored, as nohup does."""
        for number in ENDS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._end)

    @property
    def line(self) -> str:
        """What the user is told."""
        by = "" if self.by is signal.SIGINT else f" by {self.by.name}"
        return f"stopped{by}; run the same command again to resume"

    @property
    def code(self) -> int:
        """The exit code, as shells have it."""
        return 128 + self.by

    def _end(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:  # A fork of ours ends as it would without us.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self.by = signal.Signals(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):  # Ignored, as a shell does for what it starts with &.
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)
