"""The report as it is read without scripts: the results of runs, and a few of their candidates.

Candidate text is hostile: the template escapes everything, and control and direction characters are
shown instead of obeyed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from veritune.errors import InputError, UnwritableError
from veritune.files import write_text
from veritune.report.intervals import gain
from veritune.report.plots import Line, Style, chart, style_of, swatch
from veritune.report.run import Evaluation, ReportedRun, read_run
from veritune.report.samples import choose
from veritune.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

# A page that is read to its end.
SAMPLES = 10
# The look of every page of ours.
STYLE = Path(__file__).with_name("page.css")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGroup:
    """The runs over one source of problems, with their charts as SVG."""

    source: str
    runs: list[ReportedRun]
    charts: list[str]


def report_body(runs: Sequence[Path]) -> str:
    """The report over run folders as the body of an HTML page that needs no script.

    Raises `InputError` where a folder is not a run.
    """
    if not runs:
        raise InputError("give at least one run folder")
    return render([read_run(folder) for folder in runs])


def save_page(page: str, out: Path) -> Path:
    """Write a page whole; raises `UnwritableError`."""
    try:
        write_text(out, page)
    except UnwritableError as error:
        raise UnwritableError(f"{error}; choose another --out") from None
    return out


def render(runs: Sequence[ReportedRun]) -> str:
    """The body as text."""
    styles = {run.folder: style_of(position) for position, run in enumerate(runs)}
    return (
        environment()
        .get_template("body.html.j2")
        .render(
            version=__version__,
            runs=runs,
            groups=_groups(runs, styles),
            swatches={folder: swatch(style) for folder, style in styles.items()},
            samples=choose(runs, SAMPLES),
            overlaps=any("staleness" in row for run in runs for row in run.sampling.values()),
        )
    )


def _groups(runs: Sequence[ReportedRun], styles: dict[Path, Style]) -> list[RunGroup]:
    by_source: dict[str, list[ReportedRun]] = {}
    for run in runs:
        by_source.setdefault(run.source, []).append(run)
    return [
        RunGroup(source=source, runs=members, charts=_charts(members, styles))
        for source, members in by_source.items()
    ]


def _charts(runs: list[ReportedRun], styles: dict[Path, Style]) -> list[str]:
    ks = sorted({evaluation.k for run in runs for evaluation in run.evaluations})
    titles = {
        "pass_at_1": "pass@1",
        "pass_at_k": f"pass@{'/'.join(map(str, ks))}",
        "trace_error": "trace error among right answers",
    }
    if ks == [1]:
        del titles["pass_at_k"]
    lines = {
        title: [line for run in runs if (line := _line(run, field, styles[run.folder]))]
        for field, title in titles.items()
    }
    return [chart(title, found) for title, found in lines.items() if found]


def _line(run: ReportedRun, field: str, style: Style) -> Line | None:
    seen = [(e.round, rate) for e in run.evaluations if (rate := getattr(e, field)) is not None]
    return Line(style, [round for round, _ in seen], [rate for _, rate in seen]) if seen else None


def environment(*folders: Path) -> Environment:
    """Where templates are found: here, and in `folders`; everything in them is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"visible": visible, "percent": percent}
    made.globals["trend"] = trend
    made.globals["gain"] = gain
    made.filters["points"] = points
    return made


def percent(rate: float) -> str:
    """`0.283` as `28.3%`."""
    return f"{100 * rate:.1f}%"


def visible(text: str) -> str:
    """Control, direction and lone surrogate characters by name, so that none is obeyed."""
    return "".join(
        f"⟨U+{ord(char):04X}⟩"
        if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs")
        else char
        for char in text
    )


def points(difference: float) -> str:
    """`0.052` as `+5.2`: percentage points."""
    return f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")


def trend(run: ReportedRun) -> tuple[Evaluation, Evaluation] | None:
    """The first and the last evaluation of a run."""
    return (run.evaluations[0], run.evaluations[-1]) if run.evaluations else None
