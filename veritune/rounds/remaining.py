"""How long a whole run still takes, from the phases that it has been through.

A phase to come takes what the last of its kind took, and the one under way what is left of it at
its pace so far. Nothing is said before every kind was seen once: a guess would be wrong by far.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from veritune.config import Recipe

TITLE = re.compile(r"round (\d+): (.+)")
SAMPLE, HINT, TRAIN, TEST = "sample and verify", "rationalise", "train", "evaluate"
# Of a phase that has just begun the pace says nothing.
LEAST_SHARE = 0.02


class RemainingTime:
    """Told of phases as they begin and come on; asked for the seconds that are left."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._took: dict[str, float] = {}
        self._now: tuple[int, str] | None = None
        self._total = self._done = 0
        # Since the first that was done here: what an earlier process did took none of this time.
        self._started, self._before = 0.0, 0

    def begin(self, title: str, total: int) -> None:
        """A phase of `total` parts begins."""
        found = TITLE.fullmatch(title)
        self._now = (int(found[1]), found[2]) if found else None
        self._total, self._done, self._before = total, 0, 0
        self._started = time.monotonic()

    def advance(self, count: int) -> None:
        """So many more parts are done; those that come at once at the start were there before."""
        if not self._done and count > 1:
            self._before = count
        self._done += count

    def end(self) -> None:
        """The phase came to its end."""
        whole = self._whole()
        if self._now is not None and whole is not None:
            self._took[self._now[1]] = whole
        self._now = None

    def seconds(self) -> float | None:
        """What is left of the whole run; None while that is not known."""
        whole = self._whole()
        if self._now is None or whole is None:
            return None
        took = self._took | {self._now[1]: whole}
        left = whole * (self._total - self._done) / max(1, self._total)
        for kind in self._to_come(*self._now):
            if kind not in took:
                return None
            left += took[kind]
        return left

    def _whole(self) -> float | None:
        """Seconds that the whole of this phase takes at its pace so far."""
        done = self._done - self._before
        if done < max(1, LEAST_SHARE * self._total):
            return None
        return (time.monotonic() - self._started) / done * self._total

    def _to_come(self, round: int, kind: str) -> Iterator[str]:
        """The kinds of phases after one of a round."""
        order = [SAMPLE, TRAIN, TEST] if self._samples else [TRAIN, TEST]
        # Hints are given where problems are left: as likely as not, and soon done.
        place = order.index(kind) if kind in order else 0
        last = self._recipe.rounds.count
        for later in range(round, last + 1):
            for one in order[place + 1 :] if later == round else order:
                if one != TEST or later % self._recipe.evaluation.every == 0 or later == last:
                    yield one

    @property
    def _samples(self) -> bool:
        return self._recipe.selection.reward != "demonstrations"
