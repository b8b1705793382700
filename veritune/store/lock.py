"""One writer a run: a file lock that the kernel drops when its holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path

from veritune.errors import JournalError, UnwritableError

# A reader that asks whether somebody writes holds the lock for an instant.
TRIES, PAUSE = 10, 0.02


class Lock:
    """Held from construction to `release`."""

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise UnwritableError(f"{path}: cannot be written ({error.strerror})") from None
        for _ in range(TRIES):
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(PAUSE)
            else:
                return
        os.close(self._fd)
        raise JournalError(
            f"{path.parent}: another process is working on this run; wait for it or end it"
        )

    def release(self) -> None:
        """Let the next writer in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def is_at_work(folder: Path) -> bool:
    """Whether a process writes the journal in a folder."""
    return is_held(folder / "journal.lock")


def is_held(path: Path) -> bool:
    """Whether a process holds the lock; nothing is written."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared: two readers that ask at once must not take each other for a writer.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(fd)
    return False
