"""The write-up of a study: one HTML file, and `figures.json` with every number in it."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, TypedDict

from veritune.benchmarks.supervision.findings import (
    OF_ARMS,
    TITLES,
    ClaimResult,
    tested_claims,
    verdicts,
)
from veritune.benchmarks.supervision.plan import Cell, Measure, StudyRecipe, cells
from veritune.benchmarks.supervision.reranker_results import RerankerResults, read_reranker_results
from veritune.benchmarks.supervision.results import (
    RunResults,
    by_arm,
    first_errors,
    ratio,
    read_results,
)
from veritune.benchmarks.supervision.runs import finished
from veritune.benchmarks.supervision.statistics import Difference, compare
from veritune.files import write_text
from veritune.records import number, rate, whole
from veritune.report import (
    Line,
    Rate,
    Style,
    chart,
    curves,
    environment,
    forest,
    save_page,
    style_of,
    swatch,
)
from veritune.store import to_toml
from veritune.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

# What an arm cost, as `budget` counts it.
SPENT = (
    *("samples", "verifier_calls", "answer_labels", "step_labels"),
    *("training_tokens", "cpu_seconds"),
)
# Lines that a chart can tell apart.
A_CHART = 6
# Those that figures can depend on.
VERSIONS = ("torch", "transformers", "numpy", "scipy")


class ArmRow(TypedDict):
    """One arm's line in the table: its figures as they are, and as they are shown."""

    arm: str
    seeds: int
    raw: dict[Measure, Difference | None]
    figures: list[dict[str, str] | None]
    spent: dict[str, float]
    first_errors: list[float]


def write_page(study: StudyRecipe, failed: Mapping[str, str]) -> Path:
    """Write the page over what is finished of a study, and return its path."""
    folder = Path(study.output) / study.name
    every = cells(study)
    run_results = {
        cell.recipe.name: read_results(cell.recipe.folder)
        for cell in every
        if finished(cell.recipe.folder)
    }
    arms = by_arm(every, run_results)
    picked = read_reranker_results(study, folder)
    claims = tested_claims(study.study, arms, picked.at_most)
    rows = [_row(arm, found) for arm, found in arms.items()]
    figures: dict[str, object] = {
        "arms": [_plain(row) for row in rows],
        "claims": [_claim(c) for c in claims],
    }
    figures["rerank"] = [
        {"reranker": name, "n": n, "rate": rate.value}
        for name, curve in picked.curves.items()
        for n, rate in curve.items()
    ]
    write_text(folder / "figures.json", json.dumps(figures, indent=1))
    page = (
        _environment()
        .get_template("page.html.j2")
        .render(
            version=__version__,
            versions=", ".join(f"{name} {version_of(name)}" for name in VERSIONS)
            + f", Python {platform.python_version()}",
            study=study,
            recipe=to_toml(study),
            seeds=study.study.seeds,
            claims=claims,
            control=verdicts(arms),
            names=TITLES,
            titles=[TITLES[measure] for measure in OF_ARMS],
            rows=rows,
            forests=_forests(rows),
            rounds=_rounds(arms),
            legend=[(arm, swatch(style_of(i % A_CHART))) for i, arm in enumerate(arms)],
            rerank=_rerank(picked),
            sweeps=_sweeps(study, every, run_results),
            failed=failed,
            points=lambda value: f"{100 * value:+.1f}",
        )
    )
    return save_page(page, folder / "index.html")


def _environment() -> Environment:
    return environment(Path(__file__).parent)


def _row(arm: str, run_results: Sequence[RunResults]) -> ArmRow:
    figures = {measure: _figure(run_results, measure) for measure in OF_ARMS}
    return {
        "arm": arm,
        "seeds": len(run_results),
        "raw": figures,
        "figures": [_shown(found, measure) for measure, found in figures.items()],
        "spent": {
            key: fmean(number(run_result.spent, key) for run_result in run_results) for key in SPENT
        },
        "first_errors": first_errors(run_results),
    }


def _figure(run_results: Sequence[RunResults], measure: Measure) -> Difference | None:
    figure = ratio(run_results, measure)
    if figure.top.size == 0 or math.isnan(figure.value):
        return None
    return compare(figure, None)


def _shown(found: Difference | None, measure: Measure) -> dict[str, str] | None:
    if found is None:
        return None
    scale, unit, top = (1.0, "", math.inf) if measure == "length" else (100.0, "%", 1.0)
    low, high = max(0.0, found.low), min(top, found.high)
    values = {"value": found.mean, "low": low, "high": high}
    return {name: f"{scale * value:.1f}{unit}" for name, value in values.items()}


def _forests(rows: Sequence[ArmRow]) -> list[str]:
    out = []
    for measure in ("pass_at_1", "trace_error", "longer_pass_at_1"):
        drawn = [(row["arm"], _rate(found)) for row in rows if (found := row["raw"][measure])]
        if drawn:
            out.append(forest(TITLES[measure], drawn))
    return out


def _rate(found: Difference) -> Rate:
    low, high = max(0.0, min(found.low, found.mean)), min(1.0, max(found.high, found.mean))
    return Rate(value=found.mean, low=low, high=high, n=found.problems)


def _rounds(arms: Mapping[str, Sequence[RunResults]]) -> list[str]:
    titles = {"pass_at_1": "pass@1", "trace_error": "trace error among right answers"}
    styled = [(run_results, style_of(i % A_CHART)) for i, run_results in enumerate(arms.values())]
    out = []
    for first in range(0, len(styled), A_CHART):
        for key, title in titles.items():
            part = styled[first : first + A_CHART]
            lines = [
                line for run_results, style in part if (line := _line(run_results, key, style))
            ]
            if lines and any(len(line.rounds) > 1 for line in lines):
                out.append(chart(title, lines))
    return out


def _line(run_results: Sequence[RunResults], key: str, style: Style) -> Line | None:
    """Mean over seeds by round, with their least and greatest."""
    seen: dict[int, list[float]] = {}
    for run_result in run_results:
        for row in run_result.rounds:
            if (found := rate(row, key)) is not None:
                seen.setdefault(whole(row, "round"), []).append(found)
    if not seen:
        return None
    rates = [Rate(value=fmean(v), low=min(v), high=max(v), n=len(v)) for v in seen.values()]
    return Line(style, list(seen), rates)


def _rerank(picked: RerankerResults) -> dict[str, object] | None:
    """The curves of picking one of n, with what each line is."""
    if not picked.curves:
        return None
    named = [(name, style_of(i)) for i, name in enumerate(picked.curves)]
    shown = []
    for first in range(0, len(named), A_CHART):
        lines = [
            Line(style, list(picked.curves[name]), list(picked.curves[name].values()))
            for name, style in named[first : first + A_CHART]
        ]
        shown.append(curves("a right pick among n candidates", "n", lines))
    return {
        "charts": shown,
        "legend": [(name, swatch(style)) for name, style in named],
        "calibration": picked.calibration,
    }


def _sweeps(
    study: StudyRecipe, every: Sequence[Cell], run_results: Mapping[str, RunResults]
) -> list[str]:
    out = []
    for place, sweep in enumerate(study.study.sweeps):
        if not all(isinstance(value, int | float) and value > 0 for value in sweep.values):
            continue
        for measure in ("pass_at_1", "trace_error"):
            lines = []
            for position, arm in enumerate(sweep.arms):
                points = [
                    (float(value), _rate(found))
                    for value in sweep.values
                    if (found := _swept(every, run_results, place, arm, value, measure)) is not None
                ]
                if points:
                    at, rates = zip(*points, strict=True)
                    lines.append(Line(style_of(position), at, rates))
            if lines:
                names = ", ".join(sweep.arms)
                out.append(curves(f"{TITLES[measure]} ({names})", sweep.key, lines))
    return out


def _swept(
    every: Sequence[Cell],
    run_results: Mapping[str, RunResults],
    number: int,
    arm: str,
    value: object,
    measure: Measure,
) -> Difference | None:
    found = [
        run_results[cell.recipe.name]
        for cell in every
        if (cell.sweep, cell.arm, cell.value) == (number, arm, value)
        and cell.recipe.name in run_results
    ]
    return _figure(found, measure) if found else None


def _plain(row: ArmRow) -> dict[str, object]:
    figures: dict[str, object] = {
        measure: None if found is None else [found.mean, found.low, found.high]
        for measure, found in row["raw"].items()
    }
    return {"arm": row["arm"], "seeds": row["seeds"], "spent": row["spent"], **figures}


def _claim(claim: ClaimResult) -> dict[str, object]:
    found = claim.difference
    return {
        **claim.contrast.model_dump(),
        "difference": found.mean,
        "low": found.low,
        "high": found.high,
        "p": claim.raw_p,
        "p_holm": claim.p,
        "held": claim.held,
        "mcnemar": claim.by_seed,
    }
