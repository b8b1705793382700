"""A run that is looked at: one reader for pages, and one in a thread of its own that counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

from veritune.errors import VerituneError
from veritune.store import Browser, SetTally, count_set, is_at_work

T = TypeVar("T")
# Seconds between two looks at whether something was written.
PAUSE = 3.0


class ViewedRun:
    """The journal of a folder, read beside whoever writes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._browser = Browser(folder)
        self._lock = threading.Lock()
        self._counter = SetCounter(folder)
        self._counter.start()

    def close(self) -> None:
        """Release the journal."""
        self._counter.stop()
        self._browser.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: Callable[[Browser], T]) -> T:
        """The answer of the journal; one question at a time."""
        with self._lock:
            return question(self._browser)

    @property
    def live(self) -> bool:
        """Whether somebody writes the run."""
        return is_at_work(self.folder)

    @property
    def tallies(self) -> dict[str, SetTally]:
        """The sets that are counted, in their order; a live run's are a few seconds old."""
        return dict(self._counter.tallies)

    @property
    def counted(self) -> bool:
        """Whether every set was counted once."""
        return self._counter.counted.is_set()

    def wait_counted(self) -> bool:
        """Wait until every set was counted once; False where that cannot be."""
        while not self._counter.counted.wait(PAUSE):
            if not self._counter.is_alive():
                return self.counted
        return True


class SetCounter(threading.Thread):
    """Counts every set, and again those that change."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="veritune-viewer-counts", daemon=True)
        self.tallies: dict[str, SetTally] = {}
        self.counted = threading.Event()
        self._folder = folder
        self._ended = threading.Event()

    def stop(self) -> None:
        """End at the next set."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look now and then, until stopped."""
        # What cannot be read is said where a page is asked for.
        with suppress(VerituneError), Browser(self._folder) as browser:
            seen = -1
            while not self._ended.is_set():
                version = browser.version()
                if version != seen:
                    self._count(browser)
                    seen = version
                    self.counted.set()
                self._ended.wait(PAUSE)

    def _count(self, browser: Browser) -> None:
        sets = browser.sets()
        newest = {name.partition("/")[0]: name for name in sets}
        found: dict[str, SetTally] = {}
        for name, number in sets.items():
            if self._ended.is_set():
                return
            known = self.tallies.get(name)
            # Only a newest set is still filled, or selected from.
            if known is None or name in newest.values() or known.number != number:
                known = count_set(browser, number)
            found[name] = known
            self.tallies = self.tallies | {name: known}
        self.tallies = found
