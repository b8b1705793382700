"""What a page holds of runs: problems with all their candidates, compressed.

The index has what lists show of every candidate; blocks have whole ones, in the index's order.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from veritune.records import Problem
from veritune.report import head, visible
from veritune.store import KINDS, STEPS, Listed
from veritune.viewer.candidate import row_json
from veritune.viewer.credit import paid_json, policy_gradient
from veritune.viewer.overview import counts_json, errors_json, evaluations_json, run_json
from veritune.viewer.problems import ordered
from veritune.viewer.run import ViewedRun

Json = dict[str, object]
# Characters of one text: a page is for reading.
LONGEST = 50_000
# Candidates of a block: the page unpacks a block to show one of them.
BLOCK = 64
# The baseline of a larger group takes long for each of its members.
MOST_IN_GROUP = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldProblems:
    """The problems of a run that a page holds, as (number, stem, problem), and the counts.

    `candidates` are those of the problems, `of` those of the run; both in all sets.
    """

    problems: list[tuple[int, str, Problem]]
    candidates: int
    of: int
    of_problems: int


def packed(runs: Mapping[str, ViewedRun], most: int) -> tuple[str, list[str], int]:
    """(index, blocks, candidates) of a page that holds at most so many candidates of all runs."""
    blocks: list[str] = []
    found: dict[str, Json] = {}
    left = most
    for place, (name, run) in enumerate(runs.items()):
        # What one run leaves over is there for those after it.
        drawn = draw(run, left // (len(runs) - place))
        left -= drawn.candidates
        found[name] = {"first": len(blocks)} | index_of(run, drawn, runs)
        blocks += blocks_of(run, drawn)
    index = {"names": list(runs), "block": BLOCK, "runs": found}
    return compressed(index), blocks, most - left


def draw(run: ViewedRun, most: int) -> HeldProblems:
    """Problems that have at most so many candidates: all, or those that chance takes."""
    sizes = run.ask(lambda browser: browser.problem_sizes())
    order = list(sizes)
    whole = sum(many for _, many in sizes.values())
    if whole > most:
        # The same at every time: a page that is written again is the same page.
        random.Random(0).shuffle(order)
        sums = accumulate(sizes[number][1] for number in order)
        order = sorted(number for number, so_far in zip(order, sums, strict=True) if so_far <= most)
    known: dict[int, Problem] = {}
    for at in range(0, len(order), 500):
        part = order[at : at + 500]
        known |= run.ask(lambda browser, part=part: browser.problems(part))  # type: ignore[misc]
    return HeldProblems(
        problems=[(number, sizes[number][0], known[number]) for number in order],
        candidates=sum(sizes[number][1] for number in order),
        of=whole,
        of_problems=len(sizes),
    )


def index_of(run: ViewedRun, drawn: HeldProblems, runs: Mapping[str, ViewedRun]) -> Json:
    """What the page answers of a run without looking into a block."""
    saved = {"candidates": drawn.candidates, "of": drawn.of, "problems": len(drawn.problems)}
    about = {"saved": saved | {"of_problems": drawn.of_problems}, "live": False}
    sets = list(run.tallies)
    stems = dict.fromkeys(stem for _, stem, _ in drawn.problems)
    return {
        "run": run_json(run) | about,
        "counts": counts_json(run) | {"live": False},
        "errors": {name: run.ask(lambda db, n=name: errors_json(db, n)) for name in sets},  # type: ignore[misc]
        "runs": evaluations_json(runs, run),
        "problems": [
            {"id": p.id, "shown": visible(p.id), "prompt": visible(head(p))}
            for _, _, p in drawn.problems
        ],
        "counted": {stem: counted(run, drawn, stem) for stem in stems},
        "rows": columns(run, drawn),
    }


def counted(run: ViewedRun, drawn: HeldProblems, stem: str) -> Json:
    """How often every problem of a stem is solved in each set, by its place among the drawn."""
    tallies = {name: t for name, t in run.tallies.items() if name.partition("/")[0] == stem}
    places = {number: place for place, (number, _, _) in enumerate(drawn.problems)}
    rows = ordered(tuple(tallies.values()), "order")
    return {
        "sets": list(tallies),
        "counts": {places[number]: counts for number, counts in rows if number in places},
    }


def columns(run: ViewedRun, drawn: HeldProblems) -> Json:
    """What lists show of every candidate, a column for each field, by set, problem and index."""
    sets = {name: place for place, name in enumerate(run.tallies)}
    rows: list[tuple[int, int, Listed]] = []
    for place, (_, stem, problem) in enumerate(drawn.problems):
        listed = run.ask(lambda db, s=stem, p=problem: db.of_problem(s, p.id))  # type: ignore[misc]
        rows += [(sets[one.set], place, one) for one in listed]
    rows.sort(key=lambda row: (row[0], row[1], row[2].index))
    return {
        "set": [of_set for of_set, _, _ in rows],
        "problem": [place for _, place, _ in rows],
        "index": [one.index for _, _, one in rows],
        "kind": [KINDS.index(one.kind) for _, _, one in rows],
        "steps": [STEPS.index(one.steps) for _, _, one in rows],
        "truncated": [int(one.truncated) for _, _, one in rows],
        "selected": [int(one.selected) for _, _, one in rows],
        "length": [one.length for _, _, one in rows],
        "flag": [one.flag for _, _, one in rows],
        "flags": [visible(one.flags) for _, _, one in rows],
    }


def blocks_of(run: ViewedRun, drawn: HeldProblems) -> Iterator[str]:
    """Whole candidates in the order of `columns`, so many in a block."""
    block: list[Json] = []
    for one in whole_candidates(run, drawn):
        block.append(one)
        if len(block) == BLOCK:
            yield compressed(block)
            block = []
    if block:
        yield compressed(block)


def whole_candidates(run: ViewedRun, drawn: HeldProblems) -> Iterator[Json]:
    """All that a page shows of each candidate."""
    config = run.ask(policy_gradient)
    for name in run.tallies:
        asked = [problem for _, stem, problem in drawn.problems if stem == name.partition("/")[0]]
        for problem in asked:
            group, selected = run.ask(lambda db, n=name, p=problem: db.group(n, p.id))  # type: ignore[misc]
            paid = config if name.startswith("train/") and len(group) <= MOST_IN_GROUP else None
            for row in group:
                credit = None if paid is None else paid_json(paid, group, row[1])
                one = row_json(name, row, selected=row[1].index in selected, longest=LONGEST)
                yield one | {"credit": credit}


def compressed(value: object) -> str:
    """JSON as text that a browser unpacks."""
    line = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Without a date, so that the same run gives the same page.
    return base64.b64encode(gzip.compress(line.encode(), mtime=0)).decode()
