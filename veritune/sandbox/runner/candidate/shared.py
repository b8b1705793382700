"""Candidate and tests in one process, for tests that cannot be split: lower trust.

The report goes out with the job's nonce on a descriptor that was open before any of the
candidate's text ran. A candidate that looks for them can find them.
"""

from __future__ import annotations

import os
import sys
import traceback
import types
from typing import TYPE_CHECKING

from ..grader.bench import TestRecorder
from ..grader.programs import prepare
from ..wire import frames
from . import suite
from .loading import MODULE, run_texts

if TYPE_CHECKING:
    from ..wire.messages import GraderJob, Report, SharedPayload


def run(channel: int, payload: SharedPayload) -> int:
    """Run the tests, send the report."""
    job = payload["tests"]
    report: Report
    try:
        report = suite.run(payload) if job["type"] == "pytest" else _run_tests(payload, job)
    except Exception:
        report = {"broken": traceback.format_exc()[-2000:]}
    os.write(channel, frames.dumps({"nonce": payload["nonce"], **report}))
    return 0


def _run_tests(payload: SharedPayload, job: GraderJob) -> Report:
    module = types.ModuleType(MODULE)
    sys.modules[MODULE] = module
    channel = InProcessCandidate(module)
    bench = TestRecorder(channel)
    try:
        run_texts(payload["sources"], vars(module))
    except BaseException as error:
        bench.add("load", "runtime error", f"the program did not load: {error!r}"[:500])
    else:
        prepare(job).run(bench)
    return bench.finish()


class InProcessCandidate:
    """Stands where a channel to another process would: names are looked up on the spot."""

    lost = unsupported = raised_text = ""
    raised: BaseException | None = None

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module
        self.work = 1  # not counted here
        self.asked: set[int] = set()
        self.has_reference = False

    def ask(self, op: str, *, name: str) -> object:
        """The candidate's own object."""
        try:
            return vars(self._module)[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None
