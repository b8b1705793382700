"""What names of sets and problems are called in the tables: numbers, each looked up once."""

from __future__ import annotations

from collections.abc import Iterable

from veritune.errors import JournalError
from veritune.store.connection import Connection

# (problem id, index): a candidate within its set.
Key = tuple[str, int]
# (set, problem, index), as numbers.
RowKey = tuple[int, int, int]


def stem_of(name: str) -> str:
    """What names a set's problems: "train" of "train/3"."""
    return name.partition("/")[0]


def round_of(name: str) -> int | None:
    """The round that ends a set's name: 3 of "train/3"; None where none does."""
    part = name.partition("/")[2]
    return int(part) if part.isdigit() else None


class Numbers:
    """Remembers the numbers of the sets and problems that one store was asked for."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._sets: dict[str, int] = {}
        self._problems: dict[str, dict[str, int]] = {}

    def of_set(self, name: str) -> int:
        """A set's number; -1, which no row has, where it holds nothing yet."""
        if name not in self._sets:
            for row in self._db.read("select number from sets where name = ?", (name,)):
                self._sets[name] = row[0]
        return self._sets.get(name, -1)

    def made_set(self, name: str) -> int:
        """A set's number; it gets one where it has none."""
        if self.of_set(name) < 0:
            self._db.write("insert or ignore into sets (name) values (?)", [(name,)])
        return self.of_set(name)

    def keys(self, name: str, keys: Iterable[Key]) -> list[RowKey]:
        """What candidates stand under; raises `JournalError` for a problem that is not there."""
        of_set, asked, stem = self.made_set(name), list(keys), stem_of(name)
        known = self._problems.get(stem, {})
        if any(problem not in known for problem, _ in asked):
            rows = self._db.read("select id, number from problems where stem = ?", (stem,))
            known = self._problems[stem] = dict(rows)
        try:
            return [(of_set, known[problem], index) for problem, index in asked]
        except KeyError as error:
            raise JournalError(f"set '{name}': holds no problem of the id {error}") from None

    def forget(self) -> None:
        """After rows went."""
        self._sets.clear()
        self._problems.clear()
