"""Keeps one grader ready, forked from a process that is shut in already.

Graders run the tests of a data set, one problem's after another's; each is a fresh fork, and what
it leaves (processes, files) is swept away after it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

from ..confinement import confine, linux, places
from ..confinement.confine import Confinement
from ..wire import codec, frames
from . import grading

if TYPE_CHECKING:
    from ..wire.messages import GraderJob

# From the process that forks: a grader waits; to it: that one is to end.
READY, END = b"R", b"E"
# Twice a candidate's own by default: its values come here as text, and are decoded and compared.
MEMORY_BYTES = 1 << 30
# CPU time is set for each job when its tests have come, since it depends on theirs.
RULES = Confinement(
    cpu_seconds=None,
    memory_bytes=MEMORY_BYTES,
    processes=1_100,  # suites that try what is safe between threads start a thousand
    file_bytes=16 << 20,
    files=1000,
    own_name=False,
    descriptors=1024,
)


def serve(link: socket.socket, uid: int | None, *, suites: bool) -> NoReturn:
    """Answer the host's requests until it hangs up; the first process of a pid namespace."""
    link = socket.socket(fileno=places.take(link.detach()))
    linux.close_from(link.fileno() + 1)
    if suites:
        from .suite import preload

        preload()
    confine.settle()
    confine.lock_no_memory()
    confine.OomPreference().end_first()
    linux.perform(confine.steps(RULES).around(confine.leaving_root(uid)))
    gc.collect()
    gc.freeze()
    while True:
        near, far = socket.socketpair()
        if os.fork() == 0:
            _become_grader(near.fileno())
        socket.send_fds(link, [READY], [far.fileno()])
        near.close()
        far.close()
        if link.recv(1) != END:
            os._exit(0)
        frames.write(link.fileno(), frames.dumps(_end()))


def _end() -> int:
    """Kill everything else in the namespace; the grader's exit code."""
    code = 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            # The grader was started first, so it is the first that is waited for.
            _, status = os.wait()
            code = code or os.waitstatus_to_exitcode(status)
    if left := os.listdir("/tmp"):
        _remove(left)
    return code


def _remove(names: list[str]) -> None:
    import shutil  # which would add to every fork, and is hardly ever needed

    for name in names:
        shutil.rmtree(f"/tmp/{name}", ignore_errors=True)
        if os.path.lexists(f"/tmp/{name}"):
            os.unlink(f"/tmp/{name}")


def _become_grader(fd: int) -> NoReturn:
    """In the forked child: read the tests, then grade; never returns."""
    code = 1
    try:
        os.dup2(fd, places.CHANNEL)
        linux.close_from(places.CHANNEL + 1)
        gc.enable()
        frame = frames.read(places.CHANNEL, frames.MAX_JOB)
        sys.setrecursionlimit(codec.DEEP)
        job: GraderJob = frames.loads(frame or b"")
        resource.setrlimit(resource.RLIMIT_CPU, (job["cpu_seconds"], job["cpu_seconds"] + 1))
        grading.serve(socket.socket(fileno=places.CHANNEL), job)
        code = 0
    except BaseException:
        import traceback

        frames.write(places.CHANNEL, frames.dumps({"broken": traceback.format_exc()[-2000:]}))
    finally:
        os._exit(code)
