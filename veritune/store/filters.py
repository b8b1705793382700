"""What a list of candidates is narrowed and ordered by, as SQL over the narrow rows of `marks`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from veritune.store.connection import Cell
from veritune.store.marks import DEGREES, ERROR, KINDS, STEPS

Sort = Literal["order", "longest", "shortest"]
# (of_set, problem, idx) as numbers, with the length before them where that decides the order.
Place = tuple[int, ...]
# Of a list's rows: the length, and the key.
KEYS = "m.length, m.of_set, m.problem, m.idx"
# Its order is that of each part.
BY_LENGTH = "marks m indexed by marks_by_length"
# Flagged candidates that are sorted in a moment.
FEW = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which candidates: each that is given narrows; `kind` and `steps` as `KINDS` and `STEPS`.

    `flag` is "any" or a degree; `text` stands in the candidate's text or in the verdict's reason.
    """

    set: str | None = None
    outcome: str | None = None
    kind: str | None = None
    flag: str | None = None
    steps: str | None = None
    truncated: bool | None = None
    selected: bool | None = None
    problem: str | None = None
    least: int | None = None
    most: int | None = None
    text: str = ""
    sort: Sort = "order"


def conditions(filter: Filter, of_set: int) -> tuple[str, list[Cell]]:
    """The conditions on marks `m`, and their values; `of_set` is the number of the filter's set."""
    terms: list[tuple[str, tuple[Cell, ...]]] = [("1", ())]
    if filter.set is not None:
        terms.append(("m.of_set = ?", (of_set,)))
    if filter.problem is not None:
        same = "(select number from problems where id = ?)"
        every = "m.of_set in (select number from sets)"
        terms.append((f"{every} and m.problem in {same}", (filter.problem,)))
    terms += _outcome_terms(filter)
    if filter.flag is not None:
        at = DEGREES.index(filter.flag) if filter.flag in DEGREES else None
        terms.append(("m.degree > 0", ()))
        terms += [("m.degree = ?", (at,))] if at is not None else []
    if filter.steps is not None:
        terms.append(("m.steps = ?", (STEPS.index(filter.steps),)))
    if filter.truncated is not None:
        terms.append(("m.truncated = ?", (int(filter.truncated),)))
    if filter.selected is not None:
        terms.append(("m.selected = ?", (int(filter.selected),)))
    if filter.least is not None:
        terms.append(("m.length >= ?", (filter.least,)))
    if filter.most is not None:
        terms.append(("m.length <= ?", (filter.most,)))
    return " and ".join(term for term, _ in terms), [v for _, given in terms for v in given]


def table(filter: Filter, *, few_flagged: bool) -> str:
    """Marks `m` by the index that holds the list's order and every condition."""
    # Where few are flagged, and few are of one problem, those are found first, and sorted.
    if filter.flag is not None and few_flagged:
        return "marks m indexed by marks_flagged"
    if filter.problem is not None:
        return "marks m"
    if filter.sort != "order":
        return BY_LENGTH
    one = filter.kind is not None or filter.outcome in ("passed", "error")
    return "marks m indexed by marks_by_kind" if one else "marks m"


def _outcome_terms(filter: Filter) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    if filter.kind is not None:
        yield "m.kind = ?", (KINDS.index(filter.kind),)
    if filter.outcome == "failed":
        # Many kinds: the plus keeps sqlite from an index whose rows would have to be sorted.
        yield "+m.kind > 0 and +m.kind < ?", (ERROR,)
    elif filter.outcome is not None:
        yield "m.kind = ?", (0 if filter.outcome == "passed" else ERROR,)


def place_of(row: Place, sort: Sort) -> Place:
    """Where a list continues behind a row of `KEYS`."""
    return row[1:] if sort == "order" else row


def order_by(filter: Filter, after: Place | None) -> tuple[str, str, Place]:
    """(order by, condition for what comes after a place, its values)."""
    names = ["m.of_set", "m.problem", "m.idx"]
    names = names if filter.sort == "order" else ["m.length", *names]
    places = dict(zip(names, after or (), strict=False))
    known = len(places) == len(names) == len(after or ())
    if filter.set is not None:
        # Of one set: named in the condition it keeps sqlite from the order that the index has.
        names.remove("m.of_set")
    falls = filter.sort == "longest"
    order = ", ".join(f"{name} desc" if falls else name for name in names)
    if not known:
        return order, "", ()
    marks = ", ".join("?" for _ in names)
    more = f" and ({', '.join(names)}) {'<' if falls else '>'} ({marks})"
    return order, more, tuple(places[name] for name in names)
