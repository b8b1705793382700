"""The slot's first process: talks to the client, forks a judge per candidate.

Everything about a job ends with it: its judge, its candidate, their descriptors. When the client
is gone this process ends, and with it the pid namespace that everything of the slot lives in.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import resource
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any

from . import linux, wire, zygote
from .confine import Confinement, enter
from .preload import preload

JOBS, REPLIES = 0, 1
PACKAGES = "/opt/packages"
UIDS_FROM, UIDS_TO = 1 << 20, 1 << 30
RESULT_BYTES = 16 << 20
JUDGE_MEMORY = 1 << 30
JUDGE_GRACE_SECONDS = 10.0


def main() -> None:
    """Serve jobs until the client hangs up."""
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE, None)
    _close_shared_places()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.append(PACKAGES)
    preload()
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(os.open("/dev/null", os.O_RDWR), JOBS)
        os.dup2(JOBS, REPLIES)
        zygote.serve(theirs)
        os._exit(0)
    theirs.close()
    Host(ours).serve()


def _close_shared_places() -> None:
    """Unmount what a container's engine mounts and every candidate of the slot could write to."""
    for place in ("/dev/mqueue", "/dev/shm", "/dev/pts", "/sys"):
        with contextlib.suppress(OSError):
            linux.unmount(place)
    with contextlib.suppress(OSError):
        os.symlink("/tmp", "/dev/shm")


def _many_uids() -> bool:
    """Whether this sandbox maps a range of uids, or only the user's own."""
    with open("/proc/self/uid_map") as stream:
        return sum(int(line.split()[2]) for line in stream) > UIDS_TO


class Host:
    """One slot: a link to the zygote, and the jobs one after another."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._uid = random.SystemRandom().randrange(UIDS_FROM, UIDS_TO) if _many_uids() else None
        gc.freeze()

    def serve(self) -> None:
        """Read jobs, run them, write replies."""
        facts = {"python": list(sys.version_info[:3]), "own_uid": self._uid is not None}
        wire.write(REPLIES, wire.dumps({"ready": facts}))
        while (frame := wire.read(JOBS, wire.MAX_JOB)) is not None:
            wire.write(REPLIES, wire.dumps(self._run(wire.loads(frame))))

    def _next_uids(self) -> tuple[int | None, int | None]:
        if self._uid is None:
            return None, None
        self._uid = UIDS_FROM + (self._uid + 2 - UIDS_FROM) % (UIDS_TO - UIDS_FROM)
        return self._uid, self._uid + 1

    def _run(self, job: dict[str, Any]) -> dict[str, Any]:
        candidate_uid, judge_uid = self._next_uids()
        spec = job["spec"]
        spec["confinement"]["uid"] = candidate_uid
        reporter: Reporter | None = None
        if spec["mode"] == "program":
            sources = [_memory_file(job["payload"]), _memory_file(job["stdin"])]
        else:
            near, far = socket.socketpair()
            sources = [_memory_file(job["payload"]), far.detach()]
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        sources += [out_end, err_end]
        socket.send_fds(self._link, [zygote.START], sources)
        wire.write(self._link.fileno(), wire.dumps(spec))
        for fd in sources:
            os.close(fd)
        if spec["mode"] == "answer":
            reporter = Judge(job, near, judge_uid, self._own_pids)
        elif spec["mode"] == "shared":
            reporter = Reporter(near.detach())
        try:
            return Watch(self._link, reporter, out, err, job).until_over()
        finally:
            os.close(out)
            os.close(err)
            if reporter is not None:
                reporter.end()


def _memory_file(text: str) -> int:
    fd = os.memfd_create("veritune", os.MFD_CLOEXEC)
    view = memoryview(text.encode(errors="surrogatepass"))
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Reporter:
    """The descriptor on which a job's report comes; here the candidate's own process writes it."""

    def __init__(self, result: int) -> None:
        self.result = result
        self.report = b""
        self.code: int | None = None

    def read(self) -> bool:
        """Take what was reported so far; False at the end of the report."""
        data = os.read(self.result, 1 << 20)
        self.report += data
        return bool(data) and len(self.report) <= RESULT_BYTES

    def kill(self) -> None:
        """End the process that reports, where it is one of its own."""

    def end(self) -> None:
        """Free everything, once."""
        if self.result >= 0:
            os.close(self.result)
            self.result = -1


class Judge(Reporter):
    """The forked process that runs the tests, and the pipe on which it reports."""

    def __init__(
        self, job: dict[str, Any], channel: socket.socket, uid: int | None, own_pids: int
    ) -> None:
        result, end = os.pipe()
        super().__init__(result)
        linux.setns(own_pids, linux.NEWPID)
        linux.unshare(linux.NEWPID)
        self._pid = os.fork()
        if self._pid == 0:
            _become_judge(job, channel.fileno(), end, uid)
        os.close(end)
        channel.close()

    def kill(self) -> None:
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)

    def end(self) -> None:
        super().end()
        if self.code is None:
            self.kill()
            self.code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def _become_judge(job: dict[str, Any], channel: int, result: int, uid: int | None) -> None:
    code = 1
    try:
        null = os.open("/dev/null", os.O_RDWR)
        high = [zygote.above(fd) for fd in (null, null, null, channel, result)]
        for place, fd in enumerate(high):
            os.dup2(fd, place)
        linux.close_from(5)
        limits = job["spec"]
        rules = Confinement(
            uid=uid,
            cpu_seconds=int(limits["cpu_seconds"] * 2 + JUDGE_GRACE_SECONDS),
            memory_bytes=JUDGE_MEMORY,
            processes=16,
            file_bytes=limits["confinement"]["file_bytes"],
            files=limits["confinement"]["files"],
            own_network=False,
        )
        enter(rules)
        gc.enable()
        from . import judge

        with os.fdopen(4, "wb") as stream:
            stream.write(wire.dumps(judge.judge(3, job["judge"])))
        code = 0
    except BaseException:
        with os.fdopen(4, "wb", closefd=False) as stream:
            stream.write(wire.dumps({"broken": traceback.format_exc()[-2000:]}))
    finally:
        os._exit(code)


class Watch:
    """Waits for the judge's report and the candidate's end, and reads what is printed."""

    def __init__(
        self,
        link: socket.socket,
        reporter: Reporter | None,
        out: int,
        err: int,
        job: dict[str, Any],
    ) -> None:
        self._link, self._reporter = link, reporter
        self._printed = {out: bytearray(), err: bytearray()}
        self._out, self._err = out, err
        self._limit: int = job["spec"]["output_bytes"]
        self._deadline = time.monotonic() + job["spec"]["wall_seconds"] + JUDGE_GRACE_SECONDS
        self._end: dict[str, Any] | None = None
        self._over = ""
        self._stopped = False
        self._poll = select.poll()
        for fd in (link.fileno(), out, err):
            self._poll.register(fd, select.POLLIN)
        self._poll.register(JOBS, 0)  # only its hang-up matters now
        if reporter is not None:
            self._poll.register(reporter.result, select.POLLIN)

    def until_over(self) -> dict[str, Any]:
        """Run the loop; the reply to the client."""
        open_ends = 3 if self._reporter else 2
        while open_ends or self._end is None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._give_up()
            for fd, _ in self._poll.poll(max(1, int(left * 1000))):
                open_ends -= self._take(fd)
        return self._reply()

    def _take(self, fd: int) -> bool:
        """Handle one ready descriptor; True where it has ended."""
        if fd == JOBS:
            os._exit(0)
        if fd == self._link.fileno():
            frame = wire.read(fd, wire.MAX_FRAME)
            if frame is None:
                raise RuntimeError("the process that forks candidates has ended")
            self._end = wire.loads(frame)
            self._poll.unregister(fd)
            return False
        if fd in self._printed:
            return self._read_output(fd)
        assert self._reporter is not None
        if self._reporter.read():
            return False
        self._poll.unregister(fd)
        self._stop()
        return True

    def _read_output(self, fd: int) -> bool:
        data = os.read(fd, 1 << 16)
        if not data:
            self._poll.unregister(fd)
            return True
        self._printed[fd] += data
        if sum(map(len, self._printed.values())) > self._limit:
            self._over = "output"
            self._stop()
            del self._printed[fd][self._limit :]
        return False

    def _stop(self) -> None:
        if self._end is None and not self._stopped:
            self._stopped = True
            self._link.send(zygote.STOP)

    def _give_up(self) -> None:
        self._over = self._over or "wall time"
        self._stop()
        self._deadline = time.monotonic() + JUDGE_GRACE_SECONDS
        if self._reporter is not None:
            self._reporter.kill()

    def _reply(self) -> dict[str, Any]:
        assert self._end is not None
        reply: dict[str, Any] = {
            "end": self._end,
            "over": self._over,
            "stdout": self._printed[self._out].decode(errors="replace"),
            "stderr": self._printed[self._err].decode(errors="replace"),
        }
        if isinstance(self._reporter, Judge):
            self._reporter.end()
            report = self._reporter.report
            reply["judge"] = wire.loads(report) if report else None
            reply["judge_code"] = self._reporter.code
        elif self._reporter is not None:
            reply["claim"] = self._reporter.report[:RESULT_BYTES].decode(errors="replace")
        return reply
