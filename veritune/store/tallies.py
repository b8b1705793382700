"""Counts over whole sets: what a viewer shows of a run besides its pages."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field

from veritune.store.browse import Browser
from veritune.store.marks import ERROR

# Characters that lengths are counted by: bars of a histogram, from which wider ones are made.
BIN = 10
# A bar's number is bounded, so that one endless text makes no endless list.
LAST_BIN = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCounts:
    """Of each problem, by its number less `first`: candidates with an outcome, and those right."""

    first: int
    decided: array[int] = field(default_factory=lambda: array("I"))
    passed: array[int] = field(default_factory=lambda: array("I"))


# By identity: a set that is counted again is another one.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetTally:
    """What the candidates of one set came to.

    `number` is the set's; `cases` counts (kind, degree, steps, truncated), and `lengths` (bar,
    whether it passed).
    """

    number: int
    total: int
    sampled: int
    selected: int
    cases: Counter[tuple[int, int, int, int]]
    lengths: Counter[tuple[int, bool]]
    problems: ProblemCounts


def count_set(browser: Browser, number: int) -> SetTally:
    """Count one set; a fraction of a second for each hundred thousand candidates."""
    read = browser.read
    cases = Counter(
        {
            (kind, degree, steps, truncated): count
            for kind, degree, steps, truncated, count in read(
                "select kind, degree, steps, truncated, count(*) from marks where of_set = ?"
                " group by 1, 2, 3, 4",
                (number,),
            )
        }
    )
    lengths = Counter(
        {
            (place, bool(passed)): count
            for place, passed, count in read(
                f"select min(length / {BIN}, {LAST_BIN}), kind = 0, count(*) from marks"
                " where of_set = ? group by 1, 2",
                (number,),
            )
        }
    )
    sampled = next(read("select count(*) from candidates where of_set = ?", (number,)))[0]
    query = "select count(*) from marks where of_set = ? and selected = 1"
    selected = next(read(query, (number,)))[0]
    return SetTally(
        number=number,
        total=cases.total(),
        sampled=sampled,
        selected=selected,
        cases=cases,
        lengths=lengths,
        problems=_problem_counts(browser, number),
    )


def _problem_counts(browser: Browser, number: int) -> ProblemCounts:
    decided, passed = array("I"), array("I")
    first = -1
    for problem, known, right in browser.read(
        f"select problem, sum(kind <> {ERROR}), sum(kind = 0) from marks where of_set = ?"
        " group by problem order by problem",
        (number,),
    ):
        first = problem if first < 0 else first
        gap = problem - first - len(decided)
        decided.extend([0] * gap + [known])
        passed.extend([0] * gap + [right])
    return ProblemCounts(first=max(first, 0), decided=decided, passed=passed)
