"""The slot's first process: talks to the client, forks a judge per candidate.

Everything about a job ends with it: its judge, its candidate, their descriptors. When the client
is gone this process ends, and with it the pid namespace that everything of the slot lives in.
"""

from __future__ import annotations

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
        judge: Judge | None = None
        if "judge" in job:
            near, far = socket.socketpair()
            sources = [_memory_file(job["payload"]), far.detach()]
        else:
            sources = [_memory_file(job["payload"]), _memory_file(job["stdin"])]
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        sources += [out_end, err_end]
        socket.send_fds(self._link, [zygote.START], sources)
        wire.write(self._link.fileno(), wire.dumps(spec))
        for fd in sources:
            os.close(fd)
        if "judge" in job:
            judge = Judge(job, near, judge_uid, self._own_pids, (out, err, self._link.fileno()))
        try:
            return Watch(self._link, judge, out, err, job).until_over()
        finally:
            os.close(out)
            os.close(err)
            if judge is not None:
                judge.end()


def _memory_file(text: str) -> int:
    fd = os.memfd_create("veritune", os.MFD_CLOEXEC)
    view = memoryview(text.encode(errors="surrogatepass"))
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Judge:
    """The forked process that runs the tests, and the pipe on which it reports."""

    def __init__(
        self,
        job: dict[str, Any],
        channel: socket.socket,
        uid: int | None,
        own_pids: int,
        others: tuple[int, ...],
    ) -> None:
        self.result, end = os.pipe()
        linux.setns(own_pids, linux.NEWPID)
        linux.unshare(linux.NEWPID)
        self.pid = os.fork()
        if self.pid == 0:
            _become_judge(job, channel.fileno(), end, uid)
        os.close(end)
        channel.close()
        self.report = b""
        self.code: int | None = None

    def read(self) -> bool:
        """Take what it reported so far; False at the end of its report."""
        data = os.read(self.result, 1 << 20)
        self.report += data
        return bool(data) and len(self.report) <= RESULT_BYTES

    def end(self) -> None:
        """Kill it where it still runs, and reap it."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.result)


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
        self, link: socket.socket, judge: Judge | None, out: int, err: int, job: dict[str, Any]
    ) -> None:
        self._link, self._judge = link, judge
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
        if judge is not None:
            self._poll.register(judge.result, select.POLLIN)

    def until_over(self) -> dict[str, Any]:
        """Run the loop; the reply to the client."""
        open_ends = 3 if self._judge else 2
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
        assert self._judge is not None
        if self._judge.read():
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
        self._stop()
        self._deadline = time.monotonic() + JUDGE_GRACE_SECONDS
        if self._judge is not None:
            self._over = self._over or "judge"
            os.kill(self._judge.pid, signal.SIGKILL)

    def _reply(self) -> dict[str, Any]:
        assert self._end is not None
        reply: dict[str, Any] = {
            "end": self._end,
            "over": self._over,
            "stdout": self._printed[self._out].decode(errors="replace"),
            "stderr": self._printed[self._err].decode(errors="replace"),
        }
        if self._judge is not None:
            self._judge.end()
            reply["judge"] = wire.loads(self._judge.report) if self._judge.report else None
            reply["judge_code"] = self._judge.code
        return reply
