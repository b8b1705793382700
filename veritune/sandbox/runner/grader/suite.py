"""A pytest suite: pytest and the test files run here, the candidate's modules over there."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

from ..wire.files import SUITE, Tree
from .channel import Channel, LostError
from .importing import Finder

PLUGINS = ("pytest_asyncio.plugin", "_hypothesis_pytestplugin", "pytest_mock")
MOST_TEXT = 2000
# Of the host's patience beyond a job's wall time, what is left to report.
MARGIN_SECONDS = 3.0


def preload() -> None:
    """Import pytest and its plugins, in the process that suites are forked from."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import asyncio  # noqa: F401
    import importlib
    import inspect  # noqa: F401
    import unittest.mock  # noqa: F401

    import _pytest.config

    importlib.import_module("pytest")
    for name in (*_pytest.config.default_plugins, *(p.partition(".")[0] for p in PLUGINS)):
        for full in (name, f"_pytest.{name}"):
            try:
                importlib.import_module(full)
                break
            except ImportError:
                continue


class Suite:
    """One problem's suite; each candidate meets it in a fork of this process."""

    imports = False

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        os.makedirs(SUITE, exist_ok=True)
        os.chdir(SUITE)
        for name, text in job["tests"]["files"].items():
            if folder := os.path.dirname(name):
                os.makedirs(folder, exist_ok=True)
            with open(name, "w", encoding="utf-8") as stream:
                stream.write(text)
        self._kept = frozenset(f"{SUITE}/{name}" for name in job["kept"])
        sys.path.insert(0, SUITE)
        sys.dont_write_bytecode = False  # the next fork need not compile the test files anew

    def report(self, fd: int) -> dict[str, Any]:
        """The report on one candidate."""
        tell, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(tell)
                _Run(self._job, fd, told, self._kept).run()
                code = 0
            finally:
                os._exit(code)
        os.close(told)
        try:
            return _collected(tell, pid, self._job["wall_seconds"] + MARGIN_SECONDS)
        finally:
            os.close(tell)


def _collected(tell: int, pid: int, seconds: float) -> dict[str, Any]:
    """What a fork told, line by line, until it ended or its time was over."""
    data, until = bytearray(), time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if not select.select([tell], [], [], left)[0]:
            break
        part = os.read(tell, 1 << 16)
        if not part:
            break
        data += part
    over = left <= 0
    os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    report: dict[str, Any] = {"tests": [], "lost": "", "unsupported": "", "names": []}
    running = ""
    for line in data.decode(errors="replace").splitlines():
        told = json.loads(line)
        if "test" in told:
            report["tests"].append(told["test"])
            running = ""
        else:
            running = told.pop("running", running)
            report |= told
    if not report.get("done"):
        code = os.waitstatus_to_exitcode(status)
        limit = "wall time" if over else "cpu time" if code == -signal.SIGXCPU else ""
        report["broke"] = [running, limit or f"the tests ended with code {code}"]
    report["used"] = used.ru_utime + used.ru_stime
    return report


class _Run:
    """One candidate's way through the suite, in a process of its own; a plugin of pytest's."""

    def __init__(self, job: dict[str, Any], fd: int, told: int, kept: frozenset[str]) -> None:
        self._job, self._told = job, told
        tree = Tree(kept) if job.get("tree") else None
        self._channel = Channel(fd, numpy=job["numpy"], streams=bool(job.get("mirror")), tree=tree)
        self._channel.expects_stop = job.get("stops", False)
        if job.get("solution"):
            self._channel.take_reference(job["reference"])
        self._ends: dict[str, list[Any]] = {}
        self._expected: set[str] = set()
        self._session: Any = None
        self._output = ""

    def run(self) -> None:
        """Load the candidate, then run pytest."""
        try:
            error = self._channel.loaded()
        except LostError as lost:
            self._tell(lost=str(lost), done=True)
            return
        if error is not None:
            self._tell(load=self._channel.raised_text, done=True)
            return
        import pytest

        Finder(self._channel, self._job["modules"]).install()
        null = os.open("/dev/null", os.O_RDWR)
        for place in (0, 1, 2):
            os.dup2(null, place)
        code = int(pytest.main(self._options(), plugins=[self]))
        self._tell(done=True, code=code, lost=self._channel.lost, doubts=self._channel.doubts[:5])

    def _options(self) -> list[str]:
        options = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:doctest"]
        options += ["--rootdir=.", "--tb=short", "--basetemp=/tmp/pytest", "-p", "no:junitxml"]
        options += ["-p", "no:pastebin", "-p", "no:setupplan"]
        for name in PLUGINS:
            if name.partition(".")[0] in sys.modules:
                options += ["-p", name]
        if "pytest_asyncio" in sys.modules:
            options += ["-o", "asyncio_mode=auto"]
        return options + (self._job.get("only") or [])

    def _tell(self, **what: Any) -> None:
        os.write(self._told, (json.dumps(what) + "\n").encode())

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Note every test, and those that the suite itself expects to fail."""
        self._tell(names=[item.nodeid for item in items])
        self._expected = {item.nodeid for item in items if item.get_closest_marker("xfail")}

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Keep what broke pytest itself."""
        self._tell(internal=str(excrepr)[-MOST_TEXT:])

    def pytest_sessionstart(self, session: Any) -> None:
        """Keep the session, to stop it where the candidate is gone."""
        self._session = session

    def pytest_collectreport(self, report: Any) -> None:
        """Note what kept a file from being collected: the candidate, or the suite itself."""
        if report.failed:
            text = str(report.longrepr).strip()
            self._tell(
                collection=[report.nodeid, text.splitlines()[-1][:500], self._by_candidate(text)]
            )

    def _by_candidate(self, text: str) -> bool:
        modules = self._job["modules"]
        named = any(f"from '{name}'" in text or f"'{name}'" in text for name in modules)
        return named or bool(self._channel.lost) or self._channel.raised is not None

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins: what earlier ones met does not count."""
        self._tell(running=nodeid)
        self._channel.unsupported, self._channel.raised, self._channel.last = "", None, None
        self._output = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note a phase's end; a failing phase outlasts a passing one."""
        self._output += report.capstdout if report.when == "call" else ""
        excused = hasattr(report, "wasxfail") and report.nodeid in self._expected
        if report.failed or self._channel.lost or self._channel.unsupported:
            self._ends.setdefault(report.nodeid, self._failure(report))
        elif report.skipped and not excused:
            reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
            self._ends.setdefault(report.nodeid, ["skipped", str(reason)[:500]])
        elif report.when == "call":
            self._ends.setdefault(report.nodeid, ["accepted", ""])

    def _failure(self, report: Any) -> list[Any]:
        if self._channel.lost:
            self._session.shouldstop = "the candidate has ended"
            return ["lost", self._channel.lost]
        if self._channel.unsupported:
            return ["unsupported", self._channel.unsupported]
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = (crash.message if crash else str(report.longrepr)).strip()[:MOST_TEXT]
        raised = self._channel.raised is not None and self._channel.raised_text[:30] in reason
        outcome = "runtime error" if raised or report.when != "call" else "wrong answer"
        if raised:
            reason = self._channel.raised_text
        if outcome == "wrong answer" and reason.startswith(("ModuleNotFoundError", "fixture '")):
            outcome = "infrastructure"
        if report.when == "setup" and not raised:
            outcome = "infrastructure"
        shown = self._channel.call_shown()
        call = f" (in {shown})" if shown else ""
        return [outcome, f"{reason}{call}"[:MOST_TEXT]]

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell how the test ended."""
        outcome, reason = self._ends.get(nodeid, ["runtime error", "the test did not finish"])
        more = {"output": self._output[-MOST_TEXT:]}
        self._tell(test=[nodeid, outcome, reason.encode(errors="replace").decode(), more])


def set_limit(seconds: int) -> None:
    """CPU time of one fork."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
