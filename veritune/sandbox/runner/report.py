"""Where a job's report comes from: a judge, or the candidate's own process."""

from __future__ import annotations

import gc
import os
import signal
import socket
from typing import Any

from . import judge, linux, wire, zygote
from .confine import Confinement, enter

RESULT_BYTES = 64 << 20
JUDGE_MEMORY = 1 << 30
JUDGE_GRACE_SECONDS = 10.0
# A judge serves one problem's candidates one after another, up to these.
MOST_USES, MOST_CPU_SECONDS, MOST_PEAK_KB = 64, 2.0, 256 << 10


class Reporter:
    """A stream on which one report comes, as bytes up to its end."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.report = b""

    def read(self) -> bool:
        """Take what has come; whether more is to come."""
        data = self.stream.recv(1 << 20)
        self.report += data
        return bool(data) and len(self.report) <= RESULT_BYTES

    def kill(self) -> None:
        """Stop waiting for it."""

    def end(self) -> None:
        """Free everything."""
        self.stream.close()


class Own(Reporter):
    """The candidate's own process reports about itself."""


class Judge(Reporter):
    """A process that holds one problem's tests; it reports once on each channel it is given.

    `code`: how it ended, once it has. `reusable`: it may take another candidate.
    """

    def __init__(
        self, job: dict[str, Any], spec: dict[str, Any], uid: int | None, own_pids: int
    ) -> None:
        near, far = socket.socketpair()
        super().__init__(near)
        self.job = job
        self.code: int | None = None
        self.reusable = False
        self._uses = 0
        linux.setns(own_pids, linux.NEWPID)
        linux.unshare(linux.NEWPID)
        self._pid = os.fork()
        if self._pid == 0:
            _become_judge(job, spec, far, uid)
        far.close()

    def take(self, channel: socket.socket) -> None:
        """Give it the channel to a candidate."""
        self.report, self.reusable = b"", False
        self._uses += 1
        socket.send_fds(self.stream, [judge.NEXT], [channel.fileno()])
        channel.close()

    def read(self) -> bool:
        more = super().read()
        size = int.from_bytes(self.report[:4], "big")
        if len(self.report) < 4 + size or len(self.report) < 4:
            return more
        return False

    def finish(self) -> dict[str, Any] | None:
        """The report that came, or None; ends the process where it serves no longer."""
        if len(self.report) < 4:
            self.end()
            return None
        report: dict[str, Any] = wire.loads(self.report[4:])
        cpu_seconds, peak_kb = report.pop("used", (MOST_CPU_SECONDS, 0))
        clean = not any(report.get(key) for key in ("lost", "unsupported", "broken"))
        fresh = cpu_seconds < MOST_CPU_SECONDS and peak_kb < MOST_PEAK_KB
        self.reusable = clean and fresh and self._uses < MOST_USES
        return report

    def kill(self) -> None:
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)

    def end(self) -> None:
        super().end()
        if self.code is None:
            self.kill()  # changes nothing about one that has ended by itself
            self.code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def _become_judge(
    job: dict[str, Any], spec: dict[str, Any], link: socket.socket, uid: int | None
) -> None:
    """In the forked child: confinement, then the tests; never returns."""
    code = 1
    try:
        link = zygote.take_places(link)
        os.dup2(link.fileno(), zygote.CHANNEL)
        linux.close_from(zygote.CHANNEL + 1)
        link.detach()
        link = socket.socket(fileno=zygote.CHANNEL)
        limits = spec["confinement"]
        rules = Confinement(
            uid=uid,
            cpu_seconds=int(spec["cpu_seconds"] * 2 + JUDGE_GRACE_SECONDS),
            memory_bytes=JUDGE_MEMORY,
            processes=16,
            file_bytes=limits["file_bytes"],
            files=limits["files"],
            own_network=False,
        )
        enter(rules)
        gc.enable()
        judge.serve(link, job)
        code = 0
    except BaseException:
        import traceback

        wire.write(zygote.CHANNEL, wire.dumps({"broken": traceback.format_exc()[-2000:]}))
    finally:
        os._exit(code)
