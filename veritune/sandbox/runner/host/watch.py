"""Waits for a job's report and its candidate's end, reads what is printed, and kills at a limit."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from ..confinement import usage
from .clock import Clock
from .report import GRADER_GRACE_SECONDS, Grader, Reporter
from .waiting import StandbyProcess

if TYPE_CHECKING:
    from ..wire.messages import HostReply, Spec

# Between two looks at a job's processes: a limit is passed by no more than this.
WATCH_SECONDS = 0.25


class OutsideError(Exception):
    """Somebody outside reached into the slot: it ends, and its job is done again in another."""


class JobMonitor:
    """One job under way. `client`: the descriptor whose hang-up ends everything."""

    def __init__(
        self,
        process: StandbyProcess,
        reporter: Reporter | None,
        printed: tuple[int, int],
        client: int,
        spec: Spec,
        graders: int | None = None,
    ) -> None:
        self._process, self._reporter = process, reporter
        self._client = client
        self._out, self._err = printed
        self._printed = {fd: bytearray() for fd in printed}
        self._open = set(printed)
        self._spec = spec
        self._started = time.monotonic()
        idle = min(spec["idle_seconds"], spec["wall_seconds"])
        self._clock = Clock(self._started, spec["wall_seconds"], idle, graders)
        self._wall = self._started + spec["wall_seconds"]
        self._deadline = self._wall + GRADER_GRACE_SECONDS
        self._next_look = self._started + WATCH_SECONDS
        self._seconds = 0.0
        self._unwaited = False
        self._stopped: frozenset[int] = frozenset()
        self._over = self._killed = ""
        self._poll = select.poll()
        for fd in (process.watch, *printed):
            self._poll.register(fd, select.POLLIN)
        self._poll.register(client, 0)  # only its hang-up matters now
        if reporter is not None:
            self._poll.register(reporter.stream, select.POLLIN)
            self._open.add(reporter.stream.fileno())

    def until_over(self) -> None:
        """Run the loop."""
        while self._open or self._process.end is None:
            now = time.monotonic()
            if now >= self._next_look or (self._process.end is None and now >= self._wall):
                self._look(now)
            if now >= self._deadline:
                self._give_up(now)
            for fd, _ in self._poll.poll(self._patience(now)):
                self._take(fd)

    def reply(self) -> HostReply:
        """What to tell the client."""
        assert self._process.end is not None
        code, cpu_ms, peak_kb = self._process.end
        reply: HostReply = {
            "end": {
                "failure": self._process.complaint(),
                "killed": self._killed,
                "code": code,
                "cpu_ms": round(cpu_ms, 3),
                "wall_ms": round(self._seconds * 1000, 3),
                "peak_kb": peak_kb,
            },
            "over": self._over,
            "stdout": self._printed[self._out].decode(errors="replace"),
            "stderr": self._printed[self._err].decode(errors="replace"),
        }
        if isinstance(self._reporter, Grader):
            reply["grader"] = self._reporter.finish()
            reply["grader_code"] = self._reporter.code
        elif self._reporter is not None:
            reply["claim"] = self._reporter.report.decode(errors="replace")
        return reply

    def _patience(self, now: float) -> int:
        """Milliseconds until something is to be looked at."""
        until = min(self._deadline, self._next_look)
        if self._process.end is None:
            until = min(until, self._wall)
        return max(1, int((until - now) * 1000))

    def _take(self, fd: int) -> None:
        """Handle one ready descriptor."""
        if fd == self._client:
            os._exit(0)
        if fd == self._process.watch:
            self._take_end()
        elif fd in self._printed:
            self._read_output(fd)
        elif self._reporter is not None and not self._reporter.read():
            self._drop(fd)
            # One that is ending already ends by itself, so that its code says why it was lost.
            if not (self._reporter.lost and usage.is_ending(self._process.pid)):
                self._kill("stopped")

    def _take_end(self) -> None:
        """Every process of the job has ended: close what they may have left open.

        A descriptor that they sent to themselves stays open until the kernel happens to collect it.
        """
        self._process.read_end()
        self._explain_kill()
        self._seconds = time.monotonic() - self._started
        self._poll.unregister(self._process.watch)
        while ready := [fd for fd, _ in self._poll.poll(0) if fd in self._printed]:
            for fd in ready:
                self._read_output(fd)
        for fd in self._open & self._printed.keys():
            self._drop(fd)
        if self._open and self._reporter is not None:
            self._reporter.candidate_ended()

    def _drop(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._open.remove(fd)

    def _read_output(self, fd: int) -> None:
        if fd not in self._open:
            return
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self._drop(fd)
            return
        self._printed[fd] += data
        if sum(map(len, self._printed.values())) > self._spec["output_bytes"]:
            self._over = "output"
            self._kill("stopped")
            del self._printed[fd][self._spec["output_bytes"] :]

    def _look(self, now: float) -> None:
        """Kill what has passed a limit of its own; say when to look again."""
        running = self._process.end is None
        if running and self._clock.over(now, self._process.pid):
            self._kill("wall time")
            self._wall = self._next_look = self._deadline
            return
        tree = usage.of_tree(self._process.pid)
        self._refuse_stops(tree.stopped)
        if not running:
            self._next_look = now + WATCH_SECONDS
            return
        self._wall = max(self._wall, now + WATCH_SECONDS)
        self._deadline = max(self._deadline, now + GRADER_GRACE_SECONDS)
        self._unwaited = self._unwaited or tree.unwaited
        if self._unwaited:
            tree = tree._replace(cpu_seconds=max(tree.cpu_seconds, now - self._started))
        left = self._spec["cpu_seconds"] - tree.cpu_seconds
        if reason := tree.over(self._spec["cpu_seconds"], self._spec["memory_bytes"]):
            self._kill(reason)
        self._next_look = now + min(WATCH_SECONDS, max(0.01, left))

    def _refuse_stops(self, stopped: frozenset[int]) -> None:
        """Raise where a process is stopped for two looks: it must not cost the candidate its time.

        What a candidate has started it may stop itself; it cannot stop its first process.
        """
        if stopped & self._stopped:
            raise OutsideError("a process of the sandbox is stopped from outside")
        self._stopped = stopped

    def _explain_kill(self) -> None:
        """Which limit a SIGKILL that is not ours stands for; raises where it stands for none.

        No candidate can bring it about: the first process of a pid namespace is not killed by
        anything inside it, and its limit of CPU time is not its own to set (`seccomp`). What is
        left is the kernel, at that limit or where memory runs out, and somebody outside. object
        other signal is a fault of the program, since those from outside do not reach it.
        """
        assert self._process.end is not None
        code, cpu_ms, peak_kb = self._process.end
        if code != -signal.SIGKILL or self._killed:
            return
        if cpu_ms >= self._spec["cpu_seconds"] * 1000:
            self._killed = "cpu time"
        elif peak_kb << 10 > self._spec["memory_bytes"]:
            self._killed = "memory"
        else:
            raise OutsideError("a candidate's process is killed from outside")

    def _kill(self, reason: str) -> None:
        if self._process.end is None and not self._killed:
            self._killed = reason
            self._process.kill()

    def _give_up(self, now: float) -> None:
        self._over = self._over or "wall time"
        self._kill("stopped")
        self._deadline = now + GRADER_GRACE_SECONDS
        if self._reporter is not None:
            self._reporter.kill()
