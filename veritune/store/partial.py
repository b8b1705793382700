"""Verdicts beside the file that they will become: appended as they come, in order at the end.

`V.jsonl.part` begins with a line that says what the verdicts are made of. Each line after it is a
checksum, the candidate's position, the outcome and the verdict, so a line that a kill or a crash
has torn is known for one, and its candidate is verified again.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from veritune.errors import JournalError, RecipeError, UnwritableError
from veritune.records import Verdict

# How the file begins, so that nobody else's is taken for ours.
HEAD = "veritune verdicts of"
# How long verdicts wait for others to be written with: one by one would cost a tenth of a second a
# thousand. Verdicts that come more slowly are written at once.
WAIT_SECONDS = 0.02


class Partial:
    """Holds the file alone from construction to `close`; memory is 8 bytes a candidate."""

    def __init__(self, path: Path, made_of: dict[str, object], count: int) -> None:
        """Resumes what is there; raises `RecipeError` where it is made of something else."""
        self.path = path
        self.outcomes: Counter[str] = Counter()
        self.damaged = 0
        # Where each verdict stands; -1 where there is none yet.
        self._places = array("q", [-1]) * count
        self._waiting, self._written = bytearray(), 0.0
        self._fd = _open_alone(path)
        try:
            self._end = self._resume(made_of)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.flush()
        finally:
            self.close()

    def __contains__(self, position: int) -> bool:
        return self._places[position] >= 0

    @property
    def done(self) -> int:
        """How many candidates have a verdict."""
        return self.outcomes.total()

    def add(self, position: int, verdict: Verdict) -> None:
        """Append one verdict; a kill of the process loses at most those of `WAIT_SECONDS`."""
        self._places[position] = self._append(f"{position} {verdict.outcome} {verdict.to_line()}")
        self.outcomes[verdict.outcome] += 1

    def lines(self) -> Iterator[str]:
        """The verdicts as JSON lines, in the order of the candidates."""
        self.flush()
        with self.path.open("rb") as stream:
            for place in self._places:
                stream.seek(place)
                text = _checked(stream.readline())
                if text is None:
                    raise JournalError(f"{self.path}: damaged while it was written; run again")
                yield text.split(" ", 2)[2]

    def close(self) -> None:
        """Let the next process in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def remove(self) -> None:
        """The verdicts stand in their own file now."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _resume(self, made_of: dict[str, object]) -> int:
        """Where the last whole line ends."""
        end = 0
        with self.path.open("rb") as stream:
            for raw in stream:
                if not raw.endswith(b"\n"):
                    break
                text = _checked(raw)
                if end == 0:
                    _refuse_another(self.path, text, made_of)
                elif text is None or not self._note(text, end):
                    self.damaged += 1
                end += len(raw)
        os.ftruncate(self._fd, end)
        self._end = end
        if end == 0:
            self._append(f"{HEAD} {json.dumps(made_of)}")
            self.flush()
        return self._end

    def _note(self, text: str, place: int) -> bool:
        position, outcome, _ = text.split(" ", 2)
        if int(position) >= len(self._places):
            return False
        # Twice the same candidate: the later line holds, and counts once.
        if self._places[int(position)] < 0:
            self.outcomes[outcome] += 1
        self._places[int(position)] = place
        return True

    def _append(self, text: str) -> int:
        """Where the line begins."""
        data = text.encode()
        place = self._end + len(self._waiting)
        self._waiting += b"%08x %s\n" % (zlib.crc32(data), data)
        if time.monotonic() - self._written > WAIT_SECONDS:
            self.flush()
        return place

    def flush(self) -> None:
        """Hand to the system what waits; a kill of this process does not lose it then."""
        try:
            while self._waiting:
                written = os.write(self._fd, self._waiting)
                del self._waiting[:written]
                self._end += written
        except OSError as error:
            raise UnwritableError(
                f"{self.path}: cannot be written ({error.strerror}); make room and run the same"
                " command again to resume"
            ) from None
        self._written = time.monotonic()


def _open_alone(path: Path) -> int:
    """The file's descriptor, locked; it is made where it is not there."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UnwritableError(f"{path}: cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The file that was locked may have been removed meanwhile, by the one that finished it.
        if os.path.samestat(os.fstat(fd), path.stat()):
            return fd
    except OSError:
        pass  # Another process holds it, or has just finished and removed it.
    os.close(fd)
    raise JournalError(f"{path}: another process is writing it; wait for it or end it")


def _checked(raw: bytes) -> str | None:
    """A line's text, if it is as it was written."""
    try:
        digest, text = raw.rstrip(b"\n").split(b" ", 1)
        return text.decode() if int(digest, 16) == zlib.crc32(text) else None
    except ValueError:
        return None


def _refuse_another(path: Path, head: str | None, made_of: dict[str, object]) -> None:
    if head is None or not head.startswith(HEAD):
        raise RecipeError(f"{path}: holds no unfinished verdicts of ours; move it away")
    found = json.loads(head.removeprefix(HEAD))
    if others := [key for key in made_of if found.get(key) != made_of[key]]:
        raise RecipeError(
            f"{path}: unfinished verdicts with another {', '.join(others)}; give the same again"
            " to resume, or remove that file"
        )
