"""A pytest suite: pytest and the test files run here, the candidate's modules over there."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

from ..wire.files import ROOT, SUITE, Tree
from .channel import Channel, LostError
from .importing import Finder

if TYPE_CHECKING:
    import pytest

    from ..wire.messages import GraderJob, SuiteReport

# By a word that only a suite which needs the plugin has in its text.
PLUGINS = {
    "async": "pytest_asyncio.plugin",
    "hypothesis": "_hypothesis_pytestplugin",
    "mocker": "pytest_mock",
}
# Those for warnings of the interpreter's collect garbage for longer than most suites run.
LEFT_OUT = (
    *("cacheprovider", "faulthandler", "doctest", "junitxml", "pastebin", "setupplan", "stepwise"),
    *("unraisableexception", "threadexception", "legacypath"),
)
# Of one test's reason: it is for a person.
MOST_TEXT = 2000
# Of address space for one thread of the tests': a thousand of them must fit.
THREAD_BYTES = 256 << 10
# Of the host's patience beyond a job's wall time, what is left to report.
MARGIN_SECONDS = 3.0


def preload() -> None:
    """Import pytest and its plugins, in the process that suites are forked from."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import _thread
    import asyncio  # noqa: F401
    import importlib
    import inspect  # noqa: F401
    import unittest.mock  # noqa: F401

    import _pytest.config

    _thread.stack_size(THREAD_BYTES)
    importlib.import_module("pytest")
    for name in (*_pytest.config.default_plugins, *PLUGINS.values()):
        for full in (name, f"_pytest.{name}"):
            try:
                importlib.import_module(full)
                break
            except ImportError:
                continue


class Suite:
    """One problem's suite; each candidate meets it in a fork of this process."""

    imports = False

    def __init__(self, job: GraderJob) -> None:
        self._job = job
        os.makedirs(SUITE, exist_ok=True)
        os.chdir(SUITE)
        for name, text in job["tests"]["files"].items():
            if folder := os.path.dirname(name):
                os.makedirs(folder, exist_ok=True)
            with open(name, "w", encoding="utf-8") as stream:
                stream.write(text)
        sys.path.insert(0, SUITE)
        sys.dont_write_bytecode = False  # the next fork need not compile the test files anew
        null = os.open("/dev/null", os.O_RDWR)
        for place in (0, 1, 2):
            os.dup2(null, place)
        # What pytest makes of its options is the same for each candidate, where no candidate is
        # asked for it.
        self._session = None if _asks_early(job) else _session(job)
        gc.collect()
        gc.freeze()

    def report(self, fd: int) -> SuiteReport:
        """The report on one candidate."""
        tell, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(tell)
                _Run(self._job, fd, told).run(self._session)
                code = 0
            finally:
                os._exit(code)
        os.close(told)
        try:
            return _collected(tell, pid, self._job["wall_seconds"] + MARGIN_SECONDS)
        finally:
            os.close(tell)
            self._tidy()

    def _tidy(self) -> None:
        """Remove what tests have left: the next candidate's would find it."""
        own = {os.path.normpath(f"{SUITE}/{name}") for name in self._job["tests"]["files"]}
        for folder, _, names in os.walk(SUITE):
            for name in names:
                if "__pycache__" not in folder and f"{folder}/{name}" not in own:
                    with contextlib.suppress(OSError):
                        os.unlink(f"{folder}/{name}")
        for name in os.listdir(ROOT):
            if name != os.path.basename(SUITE):
                shutil.rmtree(f"{ROOT}/{name}", ignore_errors=True)


def _asks_early(job: GraderJob) -> bool:
    """Whether a conftest imports the candidate's modules."""
    files = job["tests"]["files"]
    texts = [text for name, text in files.items() if name.endswith("conftest.py")]
    return any(module.partition(".")[0] in text for text in texts for module in job["modules"])


def _session(job: GraderJob) -> pytest.Session:
    """A session of pytest's that has collected nothing yet."""
    from _pytest.config import _prepareconfig
    from _pytest.main import Session

    config = _prepareconfig(_options(job), [])
    session = Session.from_config(config)
    config._do_configure()
    config.hook.pytest_sessionstart(session=session)
    return session


def _options(job: GraderJob) -> list[str]:
    options = ["-q", "--rootdir=.", "--tb=short", f"--basetemp={ROOT}/pytest", "--capture=sys"]
    for name in LEFT_OUT:
        options += ["-p", f"no:{name}"]
    text = "\n".join(job["tests"]["files"].values())
    for word, name in PLUGINS.items():
        if word in text and name.partition(".")[0] in sys.modules:
            options += ["-p", name]
            options += ["-o", "asyncio_mode=auto"] if word == "async" else []
    return options + (job.get("only") or [])


def _collected(tell: int, pid: int, seconds: float) -> SuiteReport:
    """What a fork told, line by line, until it ended or its time was over."""
    data, until = bytearray(), time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if not select.select([tell], [], [], left)[0]:
            continue
        part = os.read(tell, 1 << 16)
        if not part:
            break
        data += part
    over = left <= 0
    os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    report: SuiteReport = {"tests": [], "lost": "", "unsupported": "", "names": [], "took": {}}
    running = ""
    for line in data.decode(errors="replace").splitlines():
        told = json.loads(line)
        if "test" in told:
            report["tests"].append(told["test"])
            report["took"][told["test"][0]] = told["took"]
            running = ""
        else:
            running = told.pop("running", running)
            report |= told
    if not report.get("done"):
        code = os.waitstatus_to_exitcode(status)
        limit = "wall time" if over else "cpu time" if code == -signal.SIGXCPU else ""
        report["broke"] = [running, limit or f"the tests ended with code {code}"]
    report["seconds"] = used.ru_utime + used.ru_stime
    return report


class _Run:
    """One candidate's way through the suite, in a process of its own; a plugin of pytest's."""

    def __init__(self, job: GraderJob, fd: int, told: int) -> None:
        self._job, self._told = job, told
        kept = frozenset(f"{SUITE}/{name}" for name in job["kept"])
        tree = Tree(kept) if job.get("tree") else None
        self._channel = Channel(fd, numpy=job["numpy"], streams=bool(job.get("mirror")), tree=tree)
        self._channel.libraries = frozenset(job.get("libraries", ()))
        self._channel.expects_stop = job.get("stops", False)
        if job.get("solution"):
            self._channel.take_reference(job["reference"])
        self._ends: dict[str, tuple[str, str]] = {}
        self._seconds = 0.0
        self._output = ""
        self._expected: set[str] = set()
        self._session: pytest.Session | None = None
        self._error: BaseException | None = None
        self._by_program: list[BaseException] = []

    def run(self, session: pytest.Session | None) -> None:
        """Load the candidate, then run pytest."""
        try:
            error = self._channel.loaded()
        except LostError as lost:
            self._tell(lost=str(lost), done=True)
            return
        if error is not None:
            self._tell(load=self._channel.raised_text, done=True)
            return
        Finder(self._channel, self._job["modules"]).install()
        self._session = session = session or _session(self._job)
        session.config.pluginmanager.register(self)
        try:
            session.config.hook.pytest_collection(session=session)
            session.config.hook.pytest_runtestloop(session=session)
        except (session.Interrupted, session.Failed):
            pass  # files that could not be collected, or a candidate that has ended
        except LostError:
            pass  # in pytest's own code, which looks at the candidate's objects, too
        self._tell(done=True, lost=self._channel.lost, doubts=self._channel.doubts[:5])

    def _tell(self, **what: object) -> None:
        os.write(self._told, (json.dumps(what) + "\n").encode())

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note every test, and those that the suite itself expects to fail."""
        self._tell(names=[item.nodeid for item in items])
        self._expected = {item.nodeid for item in items if item.get_closest_marker("xfail")}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what kept a file from being collected: the candidate, or the suite itself."""
        if report.failed:
            text = str(report.longrepr).strip()
            self._tell(
                collection=[report.nodeid, text.splitlines()[-1][:500], self._by_candidate(text)]
            )

    def _by_candidate(self, text: str) -> bool:
        modules = self._job["modules"]
        named = any(f"from '{name}'" in text or f"'{name}'" in text for name in modules)
        raised = self._channel.raised is not None
        return named or raised or bool(self._channel.lost or self._channel.last)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins: what earlier ones met does not count."""
        self._tell(running=nodeid)
        self._channel.unsupported, self._channel.raised, self._channel.last = "", None, None
        self._seconds, self._output = 0.0, ""

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Note what a phase ended with, and whether the candidate had a part in it.

        A fixture of several tests raises the very same again for each of them.
        """
        self._error = error = call.excinfo.value if call.excinfo else None
        if error is not None and (error is self._channel.raised or self._channel.last):
            self._by_program.append(error)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the end of a phase or a subtest; one that fails outlasts those that pass."""
        ended = self._ends.get(report.nodeid)
        self._seconds += report.duration
        self._output = report.capstdout[:MOST_TEXT] or self._output
        excused = hasattr(report, "wasxfail") and report.nodeid in self._expected
        if report.failed or self._channel.lost or self._channel.unsupported:
            if ended is None or ended[0] in ("accepted", "skipped"):
                self._ends[report.nodeid] = self._failure(report)
        elif report.skipped and not excused:
            reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
            self._ends.setdefault(report.nodeid, ("skipped", str(reason)[:500]))
        elif report.when == "call":
            self._ends.setdefault(report.nodeid, ("accepted", ""))

    def _failure(self, report: pytest.TestReport) -> tuple[str, str]:
        if self._channel.lost:
            assert self._session is not None
            self._session.shouldstop = "the candidate has ended"
            return "lost", self._channel.call_shown()
        if self._channel.unsupported:
            return "unsupported", self._channel.unsupported
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = (crash.message if crash else str(report.longrepr)).strip()[:MOST_TEXT]
        raised = self._error is not None and self._error is self._channel.raised
        outcome = "runtime error" if raised or report.when != "call" else "wrong answer"
        if raised:
            reason = self._channel.raised_text
        if outcome == "wrong answer" and reason.startswith(("ModuleNotFoundError", "fixture '")):
            outcome = "infrastructure"
        if report.when == "setup" and not any(self._error is e for e in self._by_program):
            outcome = "infrastructure"
        shown = self._channel.call_shown()
        if shown and not raised:
            return outcome, f"{reason} (in {shown})"[:MOST_TEXT]
        return outcome, f"{shown}: {reason}"[:MOST_TEXT] if shown else reason

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Tell how the test ended."""
        outcome, reason = self._ends.get(nodeid, ("runtime error", "the test did not finish"))
        told = [text.encode(errors="replace").decode() for text in (reason, self._output)]
        took = round(self._seconds, 4), told[1]
        self._tell(test=[nodeid, outcome, told[0]], took=took)
