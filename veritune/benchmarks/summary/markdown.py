"""Verdicts as a short page in markdown, for the summary of a CI job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from veritune.benchmarks.summary.figures import VerdictSummary
from veritune.files import write_lines
from veritune.text import one_line

# A summary is read whole: the kinds that matter, and the problems to look at first.
KINDS, PROBLEMS = 10, 20
# Ids come from files, and must not become links, tags or columns.
PUNCTUATION = re.compile(r"[!-,./:-@\[-^`{-~]")
# Characters of an id.
LONGEST = 80


def write_markdown(path: str | Path, summary: VerdictSummary) -> None:
    """Write the counts, the pass rate with its 95% interval, and the problems solved least."""
    write_lines(path, _lines(summary))


def _lines(summary: VerdictSummary) -> Iterator[str]:
    counts, rate = summary.outcomes, summary.pass_rate
    yield "| candidates | passed | failed | verifier errors | pass rate | 95% interval |"
    yield "|---:|---:|---:|---:|---:|---:|"
    figures = ("-", "-") if not rate.n else (_percent(rate.value), _span(rate.low, rate.high))
    cells = (summary.total, counts["passed"], counts["failed"], counts["error"], *figures)
    yield _row(*cells)
    yield ""
    yield "The pass rate is of the candidates with a score: a verifier error is no failure."
    if summary.kinds:
        yield from ("", "| what the others came to | candidates |", "|---|---:|")
        for kind, count in summary.kinds.most_common(KINDS):
            yield _row(_safe(kind), count)
    yield from _problems(summary)


def _problems(summary: VerdictSummary) -> Iterator[str]:
    """The problems with the lowest pass rates; those that are solved every time are left out."""
    worst = sorted(
        (counts["passed"] / counts.total(), id, counts)
        for id, counts in summary.problems.items()
        if counts["passed"] < counts.total()
    )
    if not worst:
        return
    solved = len(summary.problems) - len(worst)
    yield from ("", f"{len(worst)} problems are not solved every time, {solved} are.", "")
    yield from ("| problem | passed | failed | verifier errors |", "|---|---:|---:|---:|")
    for _, id, counts in worst[:PROBLEMS]:
        yield _row(_safe(id), counts["passed"], counts["failed"], counts["error"])
    if len(worst) > PROBLEMS:
        yield _row(f"and {len(worst) - PROBLEMS} more", "", "", "")


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _safe(text: str) -> str:
    """A text that markdown shows as it is."""
    short = one_line(text)[:LONGEST]
    return PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", short)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _span(low: float, high: float) -> str:
    return f"{_percent(low)} to {_percent(high)}"
