"""What an address asks of the list of candidates, checked; and the list as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast, get_args

from veritune.errors import InputError
from veritune.report import head, visible
from veritune.store import DEGREES, KINDS, STEPS, Browser, Filter, Place, Sort

Json = dict[str, object]
AT_ONCE = 50
# Candidates are counted up to here: nobody reads more, and every one of two million takes time.
MOST_COUNTED = 10_000
OUTCOMES = ("passed", "failed", "error")
LARGEST = 2**63 - 1


def filter_of(asked: Mapping[str, str]) -> Filter:
    """The filter of an address; raises `InputError` for what it does not know."""
    return Filter(
        set=asked.get("set") or None,
        outcome=one_of(asked, "outcome", OUTCOMES),
        kind=one_of(asked, "kind", KINDS),
        flag=one_of(asked, "flag", ("any", *filter(None, DEGREES))),
        steps=one_of(asked, "steps", STEPS),
        truncated=yes_or_no(asked, "truncated"),
        selected=yes_or_no(asked, "selected"),
        problem=asked.get("problem") or None,
        least=whole_number(asked, "least") if asked.get("least") else None,
        most=whole_number(asked, "most") if asked.get("most") else None,
        text=asked.get("text", ""),
        sort=cast(Sort, one_of(asked, "sort", get_args(Sort)) or "order"),
    )


def page_json(browser: Browser, asked: Mapping[str, str]) -> Json:
    """A page of candidates, and where the next one begins."""
    after: Place | None = None
    if asked.get("after"):
        parts = asked["after"].split("-")
        after = tuple(_number("after", part) for part in parts)
    page = browser.page(filter_of(asked), after, AT_ONCE)
    problems = browser.problems([row.number for row in page.rows])
    return {
        "rows": [
            asdict(row)
            | {"shown": visible(row.problem), "flags": visible(row.flags)}
            | {"prompt": visible(head(problems[row.number])) if row.number in problems else ""}
            for row in page.rows
        ],
        "next": None if page.after is None else "-".join(map(str, page.after)),
        "looked": page.looked,
    }


def count_json(browser: Browser, filter: Filter) -> Json:
    """How many candidates a filter lets through, as far as they are counted."""
    count = browser.count(filter, MOST_COUNTED + 1)
    return {"count": min(count, MOST_COUNTED), "more": count > MOST_COUNTED}


def one_of(asked: Mapping[str, str], name: str, known: Sequence[str]) -> str | None:
    """A word that is known, or None where none is given."""
    word = asked.get(name) or None
    if word is not None and word not in known:
        raise InputError(f"{name}: expected one of {', '.join(known)}")
    return word


def yes_or_no(asked: Mapping[str, str], name: str) -> bool | None:
    """True or False, or None where it does not matter."""
    word = one_of(asked, name, ("yes", "no"))
    return None if word is None else word == "yes"


def required(asked: Mapping[str, str], name: str) -> str:
    """A text that must be given."""
    if not asked.get(name):
        raise InputError(f"{name}: missing")
    return asked[name]


def whole_number(asked: Mapping[str, str], name: str) -> int:
    """A count; 0 where none is given."""
    return _number(name, asked.get(name) or "0")


def _number(name: str, word: str) -> int:
    # Python itself refuses to read thousands of digits; 19 hold the largest.
    if not (word.isascii() and word.isdigit() and len(word) < 20) or int(word) > LARGEST:
        raise InputError(f"{name}: expected a whole number (got {word[:30]!r})")
    return int(word)
