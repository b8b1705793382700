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
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .. import speed
from ..confinement import linux
from ..grader import forking
from ..grader.preload import libraries, preload
from ..speed import pipes
from ..wire import frames
from .report import Grader, OwnReport, Reporter
from .waiting import StandbyProcess, Zygote
from .watch import JobMonitor

if TYPE_CHECKING:
    from ..wire.messages import HostReply, Spec

# The host's standard streams are its link to the client.
JOBS, REPLIES = 0, 1
# As in `orphan_watcher`.
MARK = "VERITUNE_STARTED_BY"
# Mounts of a container's engine that every candidate could leave something in.
SHARED = {"/dev/mqueue", "/dev/shm", "/dev/pts", "/sys"}
# What an engine mounts into a container's /proc, /sys and /etc for programs that look there.
UNUSED = ("/proc/", "/sys/", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts")
# One uid a candidate, above all that a system uses, and below what is signed.
UIDS_FROM, UIDS_TO = 1 << 20, 1 << 30


def main(start: Callable[..., None], code: int) -> None:
    """Serve jobs until the client hangs up. `start(name, code, ...)` becomes another module."""
    speed.ready_host(*map(int, os.environ.pop("VERITUNE_SEAT").split()))
    os.environ.pop(MARK, None)  # Ours alone: it tells whose container this is.
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE, None)
    _close_shared_places()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may have had it ignored
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    link, pid = _start_zygote(start, code)
    os.close(code)
    libraries()
    preload()
    speed.ready_graders()
    Host(Zygote(link, pid)).serve()


def _start_zygote(start: Callable[..., None], code: int) -> tuple[socket.socket, int]:
    """A process that never sees a job, and holds no more than candidates need; its link, its id."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    if (pid := os.fork()) == 0:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, JOBS)
        os.dup2(null, REPLIES)
        theirs.set_inheritable(True)
        start("runner.host.zygote", code, str(theirs.fileno()))
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
        # Of the last job: most are under the same limits as the one before.
        self._spec_text = self._rules = b""
        self._spec: Spec
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._forkers: dict[bool, int] = {}
        self._graders = {False: self._start_graders(suites=False)}

    def serve(self) -> None:
        """Read jobs, run them, write replies."""
        facts = {"python": list(sys.version_info[:3]), "own_uid": self._uid is not None}
        frames.write(REPLIES, frames.dumps({"ready": facts}))
        while (frame := frames.read(JOBS, frames.MAX_JOB)) is not None:
            frames.write(REPLIES, frames.dumps(self._answer(frame)))

    def _answer(self, frame: bytes) -> Mapping[str, object]:
        if frame.startswith(b"{"):  # a job begins with the length of its first part
            return {"id": None, **pipes.reply_through(frames.loads(frame)["replies"], REPLIES)}
        id, spec, payload, grader, stdin = frames.parts(frame)
        if spec != self._spec_text:
            self._spec_text, self._spec = spec, frames.loads(spec)
            self._rules = frames.dumps(self._spec["confinement"])
        return {"id": id.decode(), **self._run(self._spec, payload, grader, stdin)}

    def _start_graders(self, *, suites: bool) -> socket.socket:
        """The process that forks graders, the first of a pid namespace; of suites, another."""
        ours, theirs = socket.socketpair()
        uid = self._next_uid()
        gc.collect()
        linux.trim()
        entering = linux.entering(self._own_pids, linux.NEWPID)
        linux.perform([entering, linux.unsharing(linux.NEWPID)])
        if (pid := os.fork()) == 0:
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
            # The kernel forgets that as the process leaves root: it must see the host hang up, too.
            ours.close()
            forking.serve(theirs, uid, suites=suites)
        theirs.close()
        self._forkers[suites] = pid
        return ours

    def _next_uid(self) -> int | None:
        if self._uid is not None:
            self._uid = UIDS_FROM + (self._uid + 1 - UIDS_FROM) % (UIDS_TO - UIDS_FROM)
        return self._uid

    def _process_for(self, rules: bytes) -> StandbyProcess:
        """A process under these rules that has run nothing yet."""
        process, self._waiting = self._waiting, None
        if process is not None and process.rules != rules:
            process.discard()
            process = None
        return process or self._zygote.ask(self._next_uid(), rules)

    def _run(self, spec: Spec, payload: bytes, tests: bytes, stdin: bytes) -> HostReply:
        reporter: Reporter | None = None
        if spec["mode"] == "program":
            data = _memory_file(stdin)
        else:
            near, far = socket.socketpair()
            data = far.detach()
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        for fd in (out, err):
            os.set_blocking(fd, False)  # a candidate with our own uid may read away what came
        fds = [_memory_file(frames.framed(payload)), data, out_end, err_end]
        process = self._process_for(self._rules)
        process.start(spec["mode"], fds)
        for fd in fds:
            os.close(fd)
        if spec["mode"] == "answer":
            reporter = grader = self._grader_for(tests, suites=spec["suite"])
            grader.take(near)
        elif spec["mode"] == "shared":
            reporter = OwnReport(near)
        # The next job is likely to need the same; it is prepared beside this one.
        self._waiting = self._zygote.ask(self._next_uid(), process.rules)
        try:
            forker = self._forkers[spec["suite"]] if spec["mode"] == "answer" else None
            watch = JobMonitor(process, reporter, (out, err), JOBS, spec, forker)
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

    def _grader_for(self, tests: bytes, *, suites: bool) -> Grader:
        """The grader that holds these tests already, or a new one."""
        if self._grader is not None and self._grader.job != tests:
            self._grader.end()
            self._grader = None
        if self._grader is None:
            if suites not in self._graders:
                self._graders[suites] = self._start_graders(suites=suites)
            self._grader = Grader(tests, self._graders[suites])
        return self._grader


def _memory_file(data: bytes) -> int:
    """A descriptor from which `data` can be read."""
    fd = os.memfd_create("veritune", os.MFD_CLOEXEC)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
