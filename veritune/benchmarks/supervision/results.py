"""From the stores of a study to figures: one ratio of tables an arm and measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from veritune.benchmarks.supervision.plan import Cell, Measure
from veritune.benchmarks.supervision.runs import EXAM, LONGER, PHASE
from veritune.benchmarks.supervision.statistics import TableRatio
from veritune.records import Candidate, MetricsRow, Verdict
from veritune.rounds import passes_visible
from veritune.store import Store

Group = list[tuple[Candidate, Verdict]]
Count = Callable[[Group], tuple[float, float]]


@dataclass(frozen=True)
class RunResults:
    """The results of one run: its spending, and its verified candidates by problem."""

    spent: MetricsRow
    rounds: list[MetricsRow]
    test: dict[str, Group]
    longer: dict[str, Group]

    @cached_property
    def first_right(self) -> dict[str, bool]:
        """Whether the first candidate of each problem passed, for McNemar's test."""
        return {name: group[0][1].outcome == "passed" for name, group in self.test.items()}


def read_results(folder: Path) -> RunResults:
    """The examination of a finished run."""
    with Store.open(folder, read_only=True) as store:
        spent = store.metrics(PHASE)[0]
        return RunResults(
            spent=spent,
            rounds=store.metrics("evaluate"),
            test=_groups(store, f"{EXAM}/{spent['round']}"),
            longer=_groups(store, f"{LONGER}/{spent['round']}"),
        )


def _groups(store: Store, name: str) -> dict[str, Group]:
    rows = store.verified(name)
    return {
        name: [(candidate, verdict) for _, candidate, verdict in group]
        for name, group in groupby(rows, key=lambda row: row[0].id)
    }


def _right(group: Group) -> tuple[float, float]:
    decided = [v for _, v in group if v.outcome != "error"]
    return sum(v.outcome == "passed" for v in decided), len(decided)


def _wrong_traces(group: Group) -> tuple[float, float]:
    """Right answers, those with a wrong step; code that passes what it could see, the wrong."""
    shown = [v for _, v in group if v.outcome != "error" and passes_visible(v)]
    if shown:
        return sum(v.outcome == "failed" for v in shown), len(shown)
    traced = [
        v
        for _, v in group
        if v.outcome == "passed" and any(step.label != "unchecked" for step in v.steps)
    ]
    return sum(any(s.label == "incorrect" for s in v.steps) for v in traced), len(traced)


def _length(group: Group) -> tuple[float, float]:
    sizes = [len(c.token_ids) if c.token_ids is not None else len(c.text) for c, _ in group]
    return sum(sizes), len(sizes)


COUNTS: dict[str, Count] = {
    "pass_at_1": _right,
    "trace_error": _wrong_traces,
    "longer_pass_at_1": _right,
    "length": _length,
}


def ratio(run_results: Sequence[RunResults], measure: Measure) -> TableRatio:
    """One measure of one arm over its seeds; a problem that a seed lacks counts nothing there."""
    splits = [
        run_result.longer if measure.startswith("longer") else run_result.test
        for run_result in run_results
    ]
    names = sorted(set().union(*splits)) if splits else []
    top, bottom = np.zeros((2, len(splits), len(names)))
    for seed, groups in enumerate(splits):
        for column, name in enumerate(names):
            if name in groups:
                top[seed, column], bottom[seed, column] = COUNTS[measure](groups[name])
    return TableRatio(top, bottom)


def first_errors(run_results: Sequence[RunResults], most: int = 8) -> list[float]:
    """Of the solutions with a wrong step, the share whose first wrong one is step 1, 2, ..."""
    counts = [0] * most
    for run_result in run_results:
        for group in run_result.test.values():
            for _, verdict in group:
                labels = [step.label for step in verdict.steps]
                if "incorrect" in labels:
                    counts[min(labels.index("incorrect"), most - 1)] += 1
    total = sum(counts)
    return [count / total for count in counts] if total else []


def by_arm(
    cells: Sequence[Cell], run_results: Mapping[str, RunResults]
) -> dict[str, list[RunResults]]:
    """The finished runs of every arm, in order of seed, outside of any sweep."""
    out: dict[str, list[RunResults]] = {}
    for cell in cells:
        if cell.sweep is None and cell.recipe.name in run_results:
            out.setdefault(cell.arm, []).append(run_results[cell.recipe.name])
    return out
