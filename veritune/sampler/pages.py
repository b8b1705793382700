"""Where keys and values lie: pages of 32 positions, shared by the candidates of one prompt.

A row's table lists its pages: first those of its prompt, then its own. Its first own position
begins a page, so a row's layout depends on nothing but its prompt's length. Page 0 is nobody's:
it stands where a table has no page, and is never read with any weight.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Positions of a page. Shorter ones make longer tables, longer ones leave more of the last page
# empty.
PAGE = 32
Integers = npt.NDArray[np.int64]


class PageTable:
    """Page numbers of every row, and which pages are free.

    There are pages enough for all rows, and for as many prompts again that wait for a row.
    """

    def __init__(self, rows: int, capacity: int) -> None:
        # One more than the tokens need: own tokens begin a page, behind the prompt's last, which
        # may be part empty.
        width = -(-capacity // PAGE) + 1
        # Page 0 is nobody's.
        self.size = 1 + 2 * rows * width
        self.pages = np.zeros((rows, width), np.int64)
        self.prompt_pages = np.zeros(rows, np.int64)
        self.prompt_length = np.zeros(rows, np.int64)
        self.own_length = np.zeros(rows, np.int64)
        self.version = 0
        self._users = np.zeros(self.size, np.int64)
        # Taken from the end: low pages first, which are in the cache.
        self._free = list(range(self.size - 1, 0, -1))

    def take(self, count: int) -> Integers:
        """`count` pages that were free, with one user each."""
        taken = np.array([self._free.pop() for _ in range(count)], np.int64)
        self._users[taken] = 1
        return taken

    def give_back(self, pages: Integers) -> None:
        """One user less for each of `pages`, which may repeat; unused ones become free."""
        # Page 0 stands where a row has none.
        pages = pages[pages > 0]
        np.subtract.at(self._users, pages, 1)
        touched = np.unique(pages)
        self._free += touched[self._users[touched] == 0].tolist()

    def share(self, rows: Integers, pages: Integers, length: int) -> None:
        """Let `rows` begin with the pages of a prompt of `length` tokens."""
        self.version += 1
        self.pages[rows, : len(pages)] = pages
        self.prompt_pages[rows] = len(pages)
        self.prompt_length[rows] = length
        self.own_length[rows] = 0
        self._users[pages] += len(rows)

    def append(self, rows: Integers, at: Integers) -> tuple[Integers, Integers]:
        """(page, offset) for the token of each row that stands at position `at`."""
        own = at - self.prompt_length[rows]
        column = self.prompt_pages[rows] + own // PAGE
        fresh = (own % PAGE == 0).nonzero()[0]
        if len(fresh):
            self.version += 1
            self.pages[rows[fresh], column[fresh]] = self.take(len(fresh))
        self.own_length[rows] = own + 1
        return self.pages[rows, column], own % PAGE

    def place(self, rows: int) -> Integers:
        """Where the newest token of each of the first `rows` rows lies in its pages."""
        newest: Integers = self.prompt_pages[:rows] * PAGE + self.own_length[:rows] - 1
        return newest

    def move(self, source: Integers, target: Integers) -> None:
        """Put rows in the place of others that have been released."""
        self.version += 1
        for state in (self.pages, self.prompt_pages, self.prompt_length, self.own_length):
            state[target] = state[source]
        self.pages[source] = 0

    def release(self, rows: Integers) -> None:
        """Give back all pages of `rows`."""
        self.version += 1
        self.give_back(self.pages[rows].ravel())
        self.pages[rows] = 0

    def columns(self, rows: int) -> int:
        """Pages of the longest of the first `rows` rows, at least one."""
        return max(1, int(np.count_nonzero(self.pages[:rows], axis=1).max()))

    def hidden(self, rows: int, columns: int) -> npt.NDArray[np.bool_]:
        """[rows, columns x PAGE]: positions that hold no token of the row, never all of them."""
        place = np.arange(columns * PAGE)
        own = self.prompt_pages[:rows, None] * PAGE
        past = np.maximum(self.own_length[:rows, None], 1) + own
        return np.where(place < own, place >= self.prompt_length[:rows, None], place >= past)
