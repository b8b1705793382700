"""All that is wrong with a file at once: the first few complaints, and how many there are."""

from __future__ import annotations

from veritune.errors import RecordError

# Enough to see what is wrong; the count says how often.
MOST_NAMED = 10


class Complaints:
    """Collects what is wrong with the rows of `name`."""

    def __init__(self, name: str) -> None:
        self.count = 0
        self._name = name
        self._first: list[str] = []
        self._lines: dict[str, list[str]] = {}

    def add(self, where: str, error: RecordError | str) -> None:
        """One complaint; the same one of several rows is told once."""
        self.count += 1
        what = str(error).removeprefix(f"{where}: ")
        line = where.removeprefix(f"{self._name}:")
        if what not in self._lines and len(self._lines) >= MOST_NAMED:
            return
        self._lines.setdefault(what, []).append(line)

    def __str__(self) -> str:
        """Each with the lines it is of."""
        told = sum(len(lines) for lines in self._lines.values())
        parts = [f"{_lines(lines)}: {what}" for what, lines in self._lines.items()]
        more = self.count - told
        return "; ".join(parts) + (f"; and {more} more" if more else "")

    def raise_if_any(self, total: int) -> None:
        """Raise `RecordError` with all of them; one alone is told as it is."""
        if not self.count:
            return
        if self.count == 1:
            (what, [line]), *_ = self._lines.items()
            raise RecordError(f"{self._name}:{line}: {what}")
        raise RecordError(f"{self._name}: {self.count} of {total} rows are not right: {self}")


def _lines(lines: list[str]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    some = ", ".join(lines[:3])
    return f"lines {some}{' ...' if len(lines) > 3 else ''} ({len(lines)})"
