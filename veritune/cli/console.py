"""Shows a run: bars and tables on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from veritune.records import MetricsRow, rate

if TYPE_CHECKING:
    from veritune.rounds import Advance, RemainingTime

# Off a terminal lines stay: one every ten seconds fills no log; where nothing changes, a minute.
PLAIN_SECONDS, STILL_SECONDS = 10.0, 60.0


class TerminalProgress:
    """A `Progress` on the terminal; `stream` is standard output where it is left out.

    With `remaining` it says how long the whole run still takes. Off a terminal, lines that tell how
    far a phase is go to `aside`, by default to the same stream.
    """

    def __init__(
        self,
        title: str = "",
        stream: TextIO | None = None,
        remaining: RemainingTime | None = None,
        aside: TextIO | None = None,
    ) -> None:
        self._remaining, self._left = remaining, ""
        self._asked = 0.0
        shown = (stream or sys.stdout).isatty()
        self._console = Console(file=stream, highlight=False, width=None if shown else 110)
        self._aside = self._console if aside is None else Console(file=aside, highlight=False)
        self._title = title
        self._bars: Progress | None = None

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Advance]:
        """A bar; off a terminal a line now and then."""
        draw = self._bar if self._console.is_terminal else self._lines
        if (remaining := self._remaining) is None:
            with draw(title, total) as advance:
                yield advance
            return
        remaining.begin(title, total)
        with draw(title, total) as advance:

            def counted(count: int = 1, **figures: float) -> None:
                remaining.advance(count)
                advance(count, **figures)

            yield counted
        remaining.end()

    def measured(self, rows: list[MetricsRow]) -> None:
        """A table of the rounds so far."""
        self._console.print(evaluation_table(rows, self._title))

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def _bar(self, title: str, total: int) -> Iterator[Advance]:
        # A terminal has room for one display, and phases may be under way at the same time.
        progress = self._bars = self._bars or self._display()
        task = progress.add_task(title, total=total, note="", left="")
        progress.start()

        def advance(count: int = 1, **figures: float) -> None:
            progress.advance(task, count)
            progress.update(task, left=self._whole_run())
            if figures:
                progress.update(task, note=_note(figures))

        try:
            yield advance
        finally:
            progress.remove_task(task)
            if not progress.task_ids:
                progress.stop()
                self._bars = None

    def _display(self) -> Progress:
        return Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}{task.fields[left]}"),
            console=self._console,
            transient=True,
        )

    @contextmanager
    def _lines(self, title: str, total: int) -> Iterator[Advance]:
        started = time.monotonic()
        done = 0
        note = ""
        over = threading.Event()

        def advance(count: int = 1, **figures: float) -> None:
            nonlocal done, note
            done += count
            note = f" {_note(figures)}" if figures else note

        def tell() -> None:
            told, waited = -1, 0.0
            while not over.wait(PLAIN_SECONDS):
                waited += PLAIN_SECONDS
                # Also where nothing ends for long: whoever waits must see that there is work.
                if done != told or waited >= STILL_SECONDS:
                    told, waited = done, 0.0
                    took = time.monotonic() - started
                    with suppress(OSError, ValueError):  # Nobody reads any more.
                        left = self._whole_run()
                        self._tell(f"{title}: {done}/{total} after {took:.0f} s{note}{left}")

        teller = threading.Thread(target=tell, name="progress", daemon=True)
        teller.start()
        try:
            yield advance
        finally:
            over.set()
            teller.join()
        took = time.monotonic() - started
        self._tell(f"{title}: {done}/{total} in {took:.1f} s{note}")

    def _tell(self, text: str) -> None:
        self._aside.print(text, markup=False, soft_wrap=True)

    def _whole_run(self) -> str:
        """How long the whole run still takes, where that is known; asked once a second."""
        now = time.monotonic()
        if self._remaining is not None and now - self._asked > 1:
            self._asked, seconds = now, self._remaining.seconds()
            self._left = "" if seconds is None else f" (whole run: {duration(seconds)} left)"
        return self._left


def duration(seconds: float) -> str:
    """Seconds for a person: 40 s, 12 min, 3 h 20 min, 2 d 4 h."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def evaluation_table(rows: list[MetricsRow], title: str) -> Table:
    """One row a round."""
    table = Table(title=title or None, title_justify="left")
    k = rows[-1]["k"]
    for name in ("round", "pass@1", f"pass@{k}", "trace error", "problems", "verifier errors"):
        # Cut, a figure on a small terminal would read as a different number.
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        table.add_row(
            str(row["round"]),
            percent(rate(row, "pass_at_1")),
            percent(rate(row, "pass_at_k")),
            percent(rate(row, "trace_error")),
            str(row["problems"]),
            str(row["errors"]),
        )
    return table


def percent(value: float | None) -> str:
    """A rate for a person; a dash where there is none."""
    return "-" if value is None else f"{100 * value:.1f}%"


def _note(figures: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.3f}" for name, value in figures.items())
