"""The problems of a stem: how often each is solved, set by set."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

from veritune.errors import InputError
from veritune.report import head, visible
from veritune.store import SetTally
from veritune.viewer.run import ViewedRun

Json = dict[str, object]
ProblemOrder = Literal["hardest", "easiest", "solved", "lost", "order"]
AT_ONCE = 50
# Right and decided candidates of a problem in each set; None where it was not sampled there.
Counts = list[tuple[int, int] | None]


def problems_json(run: ViewedRun, stem: str, order: str, start: int, words: str = "") -> Json:
    """A page of the problems with `words` in id or prompt: "solved" are those that the newest set
    solves and the one before never did, "lost" the other way round."""
    if order not in get_args(ProblemOrder):
        raise InputError(f"sort: expected one of {', '.join(get_args(ProblemOrder))}")
    tallies = {name: t for name, t in run.tallies.items() if name.partition("/")[0] == stem}
    found = ordered(tuple(tallies.values()), order)
    looked = None
    if words:
        held, looked = run.ask(lambda browser: browser.find_problems(stem, words))
        found = [row for row in found if row[0] in held]
    shown = found[start : start + AT_ONCE]
    known = run.ask(lambda browser: browser.problems([number for number, _ in shown]))
    return {
        "complete": run.counted,
        "sets": list(tallies),
        "total": len(found),
        "looked": looked,
        "rows": [
            {"problem": visible(known[number].id), "id": known[number].id}
            | {"prompt": visible(head(known[number])), "counts": counts}
            for number, counts in shown
            if number in known
        ],
        "next": start + AT_ONCE if start + AT_ONCE < len(found) else None,
    }


def by_problem(tallies: tuple[SetTally, ...]) -> dict[int, Counts]:
    """The counts of every problem's number."""
    found: dict[int, Counts] = {}
    for place, tally in enumerate(tallies):
        of = tally.problems
        for at, (known, right) in enumerate(zip(of.decided, of.passed, strict=True)):
            if known:
                row = found.setdefault(of.first + at, [None] * len(tallies))
                row[place] = (right, known)
    return found


# One page after the other asks for the same: counts do not change once a set is filled.
@lru_cache(maxsize=2)
def ordered(tallies: tuple[SetTally, ...], order: str) -> list[tuple[int, Counts]]:
    """The problems that an order asks for, in it."""
    rows = list(by_problem(tallies).items())
    if order in ("solved", "lost"):
        rows = [row for row in rows if change(row[1]) == order]
    sign = -1 if order == "easiest" else 1
    # The newest set decides, and all before it where that is equal.
    key = {"order": lambda row: row[0]}.get(
        order, lambda row: (sign * newest(row[1]), sign * mean(row[1]), row[0])
    )
    return sorted(rows, key=key)


def change(counts: Counts) -> str | None:
    """Whether the newest two sets differ in whether the problem is solved at all."""
    seen = [count for count in counts if count is not None]
    if len(seen) < 2 or bool(seen[-1][0]) == bool(seen[-2][0]):
        return None
    return "solved" if seen[-1][0] else "lost"


def newest(counts: Counts) -> float:
    """The share that passed in the last set that has the problem."""
    right, known = next(count for count in reversed(counts) if count is not None)
    return right / known


def mean(counts: Counts) -> float:
    """The share that passed over all sets."""
    seen = [count for count in counts if count is not None]
    return sum(right for right, _ in seen) / sum(known for _, known in seen)
