"""The slot's first process: talks to the client, and hands each job to what waits for one.

Everything about a candidate ends with its job. When the client is gone this process ends, and
with it the pid namespace that everything of the slot lives in.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from . import graders, linux, rehearse, wire, zygote
from .monitor import JobMonitor
from .preload import preload
from .report import Grader, OwnReport, Reporter
from .standby import StandbyProcess, Zygote

JOBS, REPLIES = 0, 1
SHARED = {"/dev/mqueue", "/dev/shm", "/dev/pts", "/sys"}
UNUSED = ("/proc/", "/sys/", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts")
UIDS_FROM, UIDS_TO = 1 << 20, 1 << 30


def main(start: Callable[..., None], code: int) -> None:
    """Serve jobs until the client hangs up. `start(name, code, ...)` becomes another module."""
    _pin_core(*map(int, os.environ.pop("VERITUNE_SEAT").split()))
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE, None)
    _close_shared_places()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may have had it ignored
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    link, pid = _start_zygote(start, code)
    os.close(code)
    sys.path.append(zygote.PACKAGES)
    preload()
    rehearse.grading()
    Host(Zygote(link, pid)).serve()


def _pin_core(number: int, seats: int) -> None:
    """Keep to one core, with all that is started here, where the pool has a slot for each."""
    cores = sorted(os.sched_getaffinity(0))
    if seats >= len(cores):
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def _start_zygote(start: Callable[..., None], code: int) -> tuple[socket.socket, int]:
    """A process that never sees a job, and holds no more than candidates need; its link, its id."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    if (pid := os.fork()) == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, JOBS)
        os.dup2(null, REPLIES)
        theirs.set_inheritable(True)
        start("runner.zygote", code, str(theirs.fileno()))
    theirs.close()
    return ours, pid


def _close_shared_places() -> None:
    """Unmount what a container's engine mounts and every candidate of the slot could write to.

    And what else nobody here needs: a mount namespace of its own costs by the mount. What stood
    over parts of this /proc goes with it; a candidate gets a fresh one, as a user with no rights.
    """
    with open("/proc/self/mounts") as stream:
        places = [line.split()[1] for line in stream]
    for place in reversed(places):
        if place in SHARED or place.startswith(UNUSED):
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

    def __init__(self, forking: Zygote) -> None:
        self._zygote = forking
        start = int.from_bytes(os.urandom(4), "big") % (UIDS_TO - UIDS_FROM)
        self._uid = UIDS_FROM + start if _many_uids() else None
        self._grader: Grader | None = None
        self._waiting: StandbyProcess | None = None
        self._graders = self._start_graders()

    def serve(self) -> None:
        """Read jobs, run them, write replies."""
        facts = {"python": list(sys.version_info[:3]), "own_uid": self._uid is not None}
        wire.write(REPLIES, wire.dumps({"ready": facts}))
        while (frame := wire.read(JOBS, wire.MAX_JOB)) is not None:
            job = wire.loads(frame)
            reply = _reply_through(job["replies"]) if "replies" in job else self._run(job)
            wire.write(REPLIES, wire.dumps({"id": job["id"], **reply}))

    def _start_graders(self) -> socket.socket:
        """The process that forks graders, the first of a pid namespace."""
        ours, theirs = socket.socketpair()
        uid = self._next_uid()
        gc.collect()
        linux.trim()
        linux.unshare(linux.NEWPID)
        if os.fork() == 0:
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
            graders.serve(theirs, uid)
        theirs.close()
        return ours

    def _next_uid(self) -> int | None:
        if self._uid is not None:
            self._uid = UIDS_FROM + (self._uid + 1 - UIDS_FROM) % (UIDS_TO - UIDS_FROM)
        return self._uid

    def _process_for(self, rules: dict[str, Any]) -> StandbyProcess:
        """A process under these rules that has run nothing yet."""
        process, self._waiting = self._waiting, None
        if process is not None and process.rules != rules:
            process.discard()
            process = None
        return process or self._zygote.ask(self._next_uid(), rules)

    def _run(self, job: dict[str, Any]) -> dict[str, Any]:
        spec = job["spec"]
        reporter: Reporter | None = None
        if spec["mode"] == "program":
            data = _memory_file(job["stdin"].encode(errors="surrogatepass"))
        else:
            near, far = socket.socketpair()
            data = far.detach()
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        for fd in (out, err):
            os.set_blocking(fd, False)  # a candidate with our own uid may read away what came
        fds = [_memory_file(wire.framed(job["payload"].encode())), data, out_end, err_end]
        process = self._process_for(spec["confinement"])
        process.start(spec["mode"], fds)
        for fd in fds:
            os.close(fd)
        if spec["mode"] == "answer":
            reporter = grader = self._grader_for(job)
            grader.take(near)
        elif spec["mode"] == "shared":
            reporter = OwnReport(near)
        # The next job is likely to need the same; it is prepared beside this one.
        self._waiting = self._zygote.ask(self._next_uid(), process.rules)
        try:
            watch = JobMonitor(process, reporter, (out, err), JOBS, spec)
            watch.until_over()
            if not process.clean:  # what it left is also in the network of who waits
                self._waiting.discard()
                self._waiting = None
            return watch.reply()
        finally:
            os.close(out)
            os.close(err)
            if isinstance(reporter, Grader) and not reporter.reusable:
                self._grader = None
            if reporter is not None and reporter is not self._grader:
                reporter.end()

    def _grader_for(self, job: dict[str, Any]) -> Grader:
        """The grader that holds these tests already, or a new one."""
        if self._grader is not None and self._grader.job != job["grader"]:
            self._grader.end()
            self._grader = None
        if self._grader is None:
            self._grader = Grader(job["grader"], job["spec"]["cpu_seconds"], self._graders)
        return self._grader


def _reply_through(pipe: list[int] | None) -> dict[str, Any]:
    """Make a pipe that the client may find shorter, or, given the one made, reply through it."""
    if pipe is None:
        return {"replies": os.pipe()}
    os.dup2(pipe[1], REPLIES)
    for end in pipe:
        os.close(end)
    return {}


def _memory_file(data: bytes) -> int:
    """A descriptor from which `data` can be read."""
    fd = os.memfd_create("veritune", os.MFD_CLOEXEC)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
