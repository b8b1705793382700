"""One writer a run: a file lock that the kernel drops when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path

from veritune.errors import JournalError, UnwritableError


class Lock:
    """Held from construction to `release`."""

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise UnwritableError(f"{path}: cannot be written ({error.strerror})") from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise JournalError(
                f"{path.parent}: another process is working on this run; wait for it or end it"
            ) from None

    def release(self) -> None:
        """Let the next writer in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
