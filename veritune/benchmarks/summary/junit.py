"""Verdicts as a JUnit file, which CI systems show: a test case for every candidate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from veritune.benchmarks.summary.figures import VerdictSummary
from veritune.files import write_lines
from veritune.records import Verdict
from veritune.text import CONTROL, writable

# XML 1.0 has no form for these, not even escaped.
NO_CHARACTERS = re.compile("[\ufffe\uffff]")
# Characters of a reason in an attribute, where it is shown as one line.
LONGEST = 300


def write_junit(path: str | Path, verdicts: Iterable[Verdict], summary: VerdictSummary) -> None:
    """Write the file; a failed candidate is a failure, a verifier error an error.

    `summary` counts the same verdicts: the numbers stand before the cases.
    """
    write_lines(path, _lines(verdicts, summary))


def _lines(verdicts: Iterable[Verdict], summary: VerdictSummary) -> Iterator[str]:
    counts = (
        f'tests="{summary.total}" failures="{summary.outcomes["failed"]}"'
        f' errors="{summary.outcomes["error"]}" time="{summary.seconds:.3f}"'
    )
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites {counts}>"
    yield f'<testsuite name="veritune" skipped="0" {counts}>'
    for verdict in verdicts:
        yield from _case(verdict)
    yield "</testsuite>"
    yield "</testsuites>"


def _case(verdict: Verdict) -> Iterator[str]:
    head = (
        f"<testcase classname={_attribute(verdict.problem_id)}"
        f' name="candidate {verdict.index}" time="{verdict.seconds:.3f}"'
    )
    if verdict.outcome == "passed":
        yield f"{head}/>"
        return
    tag = "error" if verdict.outcome == "error" else "failure"
    short = " ".join(verdict.reason.split())[:LONGEST]
    yield f"{head}>"
    yield f"<{tag} message={_attribute(short)}>{escape(_clean(verdict.reason))}</{tag}>"
    yield "</testcase>"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return NO_CHARACTERS.sub("\ufffd", CONTROL.sub("\ufffd", writable(text)))
