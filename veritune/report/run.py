"""What the report shows of one run, read from its folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from veritune.errors import InputError
from veritune.records import MetricsRow, rate, whole
from veritune.report.intervals import Rate, wilson
from veritune.rounds import open_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One measurement on held-out problems: rates, and what has no verdict.

    `candidates` counts all that were verified, `errors` those with a verifier error, and
    `unchecked` the steps that no checker could decide.
    """

    round: int
    problems: int
    candidates: int
    k: int
    pass_at_1: Rate | None
    pass_at_k: Rate | None
    trace_error: Rate | None
    trace_errors: int
    trace_checked: int
    answer_correct: int
    errors: int
    unchecked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """A run on disk: the resolved recipe as TOML text, and its figures.

    `sampling` holds the figures of the training candidates by round.
    """

    name: str
    folder: Path
    source: str
    reward: str
    recipe: str
    evaluations: tuple[Evaluation, ...]
    sampling: dict[int, MetricsRow]


def read_run(folder: Path) -> ReportedRun:
    """Read one run; raises `InputError` where the folder is not a run."""
    config = folder / "config.toml"
    if not (folder / "journal.sqlite").is_file() and not config.is_file():
        raise InputError(
            f"{folder}: not a run; give a folder that `veritune run` made (with config.toml and"
            " journal.sqlite)"
        )
    with open_whole(folder) as store:
        if not store.facts("config"):
            raise InputError(f"{folder}: not a run that was begun; run its recipe first")
        text = store.facts("config")[-1]
        recipe = tomllib.loads(text)
        evaluations = tuple(evaluation_of(row) for row in store.evaluations())
        sampling = {whole(row, "round"): row for row in store.metrics("sample")}
    return ReportedRun(
        name=str(recipe.get("name", folder.name)),
        folder=folder,
        source=str(recipe.get("problems", {}).get("source", "")),
        reward=str(recipe.get("selection", {}).get("reward", "")),
        recipe=text,
        evaluations=evaluations,
        sampling=sampling,
    )


def evaluation_of(row: MetricsRow) -> Evaluation:
    """An evaluation as the rounds wrote it down, with intervals."""
    problems = whole(row, "problems")
    return Evaluation(
        round=whole(row, "round"),
        problems=problems,
        candidates=whole(row, "candidates"),
        k=whole(row, "k"),
        pass_at_1=_rate(rate(row, "pass_at_1"), problems),
        pass_at_k=_rate(rate(row, "pass_at_k"), problems),
        trace_error=_rate(rate(row, "trace_error"), min(whole(row, "trace_checked"), problems)),
        trace_errors=whole(row, "trace_errors"),
        trace_checked=whole(row, "trace_checked"),
        answer_correct=whole(row, "answer_correct"),
        errors=whole(row, "errors"),
        unchecked=whole(row, "unchecked"),
    )


def _rate(value: float | None, n: int) -> Rate | None:
    """`n` is never more than the problems: candidates of one problem are not independent."""
    return None if value is None else wilson(value, n)
