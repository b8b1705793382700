"""A pytest suite on a candidate that stands in `solution.py`, test by test."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from ..wire.messages import Report, SharedPayload


def run(payload: SharedPayload) -> Report:
    """Write the files, run pytest on them, report each test's outcome."""
    import pytest

    for name, text in [*payload["sources"], *payload["tests"]["tests"]["files"].items()]:
        folder = os.path.dirname(name)
        if folder:
            os.makedirs(folder, exist_ok=True)
        with open(name, "w", encoding="utf-8") as stream:
            stream.write(text)
    sys.path.insert(0, os.getcwd())
    collected = Collected()
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--rootdir=.", "--tb=line"]
    try:
        code = int(pytest.main(options, plugins=[collected]))
    except BaseException as error:  # pytest is whole until the candidate loads
        collected.problem = f"{type(error).__name__} in pytest"
        code = 3
    tests = [[name, *collected.ends.get(name, MISSING)] for name in collected.names]
    broken = code in (2, 3, 4) or collected.problem
    if broken and all(outcome == "accepted" for _, outcome, _ in tests):
        tests.append(["collection", "runtime error", collected.problem or f"pytest exit {code}"])
    return {"tests": tests, "lost": "", "unsupported": ""}


# Of a test that was collected and never reported on: something ended pytest itself.
MISSING = ["runtime error", "the test did not finish"]


class Collected:
    """A pytest plugin that notes which tests there are and how each one ended."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.ends: dict[str, list[str]] = {}
        self.expected: set[str] = set()
        self.problem = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note every test, and those that the suite itself expects to fail."""
        self.names = [item.nodeid for item in items]
        self.expected = {item.nodeid for item in items if item.get_closest_marker("xfail")}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what kept a file from being collected."""
        if report.failed or report.skipped:
            self.problem = str(report.longrepr).strip().splitlines()[-1][:500]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test's end; a failing phase outlasts a passing one."""
        excused = hasattr(report, "wasxfail") and report.nodeid in self.expected
        if report.skipped and report.when == "setup":  # by a mark, before the candidate was asked
            self.ends[report.nodeid] = ["accepted", "skipped"]
        elif report.failed or (report.skipped and not excused):
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = (crash.message if crash else str(report.longrepr)).strip()[:500]
            assertion = report.when == "call" and reason.startswith(("assert", "AssertionError"))
            self.ends[report.nodeid] = ["wrong answer" if assertion else "runtime error", reason]
        elif report.when == "call":
            self.ends.setdefault(report.nodeid, ["accepted", ""])
