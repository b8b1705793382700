"""Where a job's report comes from: a grader, or the candidate's own process."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ..grader import forking, grading
from ..wire import frames

if TYPE_CHECKING:
    from ..wire.messages import SuiteReport

# A report has a line a test; what is longer was made up by a shared process.
RESULT_BYTES = 16 << 20
# Of one read; what is larger has the allocator map memory for it, and unmap it again.
PART_BYTES = 1 << 16
# For a grader to compare and report once its candidate has ended.
GRADER_GRACE_SECONDS = 10.0
# A grader serves one problem's candidates one after another, up to these.
MOST_USES, MOST_CPU_SECONDS, MOST_PEAK_KB = 64, 2.0, 256 << 10


class Reporter:
    """A stream on which one report comes, as bytes up to its end."""

    # Whether what was to be reported on was gone before the end.
    lost = False

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.report = bytearray()

    def read(self) -> bool:
        """Take what has come; whether more is to come."""
        data = self.stream.recv(PART_BYTES)
        self.report += data
        return bool(data) and len(self.report) <= RESULT_BYTES

    def candidate_ended(self) -> None:
        """Close its side: descriptors that are in flight outlive the process that sent them."""
        self.stream.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        """Stop waiting for it."""

    def end(self) -> None:
        """Free everything."""
        self.stream.close()


class OwnReport(Reporter):
    """The candidate's own process reports about itself."""

    def read(self) -> bool:
        more = super().read()
        self.lost = not self.report
        return more


class Grader(Reporter):
    """A process that holds one problem's tests; it reports once on each channel it is given.

    `job` is what it gets, and `graders` the link to the process that keeps one ready. `code`: how
    it ended, once it has. `reusable`: it may take another candidate.
    """

    def __init__(self, job: bytes, graders: socket.socket) -> None:
        mark, fds, _, _ = socket.recv_fds(graders, 1, 1)
        if mark != forking.READY:
            raise RuntimeError("the process that forks graders has ended")
        super().__init__(socket.socket(fileno=fds[0]))
        self.job = job
        self.code: int | None = None
        self.reusable = False
        self._uses = 0
        self._found: SuiteReport | None = None
        self._graders = graders
        self._channel: socket.socket | None = None
        frames.write(fds[0], job)

    def take(self, channel: socket.socket) -> None:
        """Give it the channel to a candidate."""
        self.report, self.reusable = bytearray(), False
        self._found, self.lost = None, False
        self._uses += 1
        self._channel = channel
        socket.send_fds(self.stream, [grading.NEXT.pack(self._uses)], [channel.fileno()])

    def candidate_ended(self) -> None:
        if self._channel is not None:
            self._channel.shutdown(socket.SHUT_RDWR)

    def read(self) -> bool:
        more = super().read()
        size = int.from_bytes(self.report[:4], "big")
        if len(self.report) < 4 + size or len(self.report) < 4:
            self.lost = not more
            return more
        found: SuiteReport = frames.loads(bytes(self.report[4:]))
        self._found = found
        if found.pop("id", None) != self._uses:
            raise frames.BrokenFrameError("a report on another candidate")
        self.lost = bool(found.get("lost"))
        return False

    def finish(self) -> SuiteReport | None:
        """The report that came, or None; ends the process where it serves no longer."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._found is None:
            self.end()
            return None
        report = self._found
        cpu_seconds, peak_kb = report.pop("used", [MOST_CPU_SECONDS, 0])
        stale = report.pop("stale", True)
        clean = not stale and not (report["lost"] or report["unsupported"])
        fresh = cpu_seconds < MOST_CPU_SECONDS and peak_kb < MOST_PEAK_KB
        self.reusable = clean and fresh and self._uses < MOST_USES
        return report

    def kill(self) -> None:
        if self.code is None:
            self._graders.send(forking.END)
            self.code = frames.loads(frames.read(self._graders.fileno(), frames.MAX_FRAME) or b"")

    def end(self) -> None:
        self.kill()
        super().end()
