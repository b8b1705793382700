"""The grader: holds one problem's tests, and puts candidates through them, one after another."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..wire import frames
from ..wire.files import ROOT, Tree
from .bench import TestRecorder, outcome_of
from .channel import Channel, LostError
from .programs import TestProgram, prepare
from .reference import Reference

if TYPE_CHECKING:
    from ..wire.messages import GraderJob, Report

NEXT = struct.Struct("I")  # beside a channel: the number that the report on it repeats


def serve(link: socket.socket, job: GraderJob) -> None:
    """Grade each candidate whose channel comes over `link`, until it hangs up."""
    job["reference"] = Reference(job).find
    report_on = _reporter(job)
    while True:
        number, fds, _, _ = socket.recv_fds(link, NEXT.size, 1)
        if len(number) != NEXT.size:
            return
        report = report_on(fds[0])
        os.close(fds[0])
        report["used"] = [time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
        (report["id"],) = NEXT.unpack(number)
        frames.write(link.fileno(), frames.dumps(report))


def _reporter(job: GraderJob) -> Callable[[int], Report]:
    """What grades a candidate by these tests, given the channel to it."""
    if job["type"] == "pytest":
        from .suite import Suite

        return Suite(job).report
    program = prepare(job)
    return lambda fd: grade(fd, job, program)


def _clear() -> None:
    """Remove what tests have left in this process's `/tmp`: the next candidate would get it."""
    import shutil

    os.chdir(ROOT)
    for name in os.listdir(ROOT):
        shutil.rmtree(f"{ROOT}/{name}", ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(f"{ROOT}/{name}")


def grade(fd: int, job: GraderJob, program: TestProgram) -> Report:
    """The report on one candidate: `tests` as [name, outcome, reason], and what went wrong."""
    reference = job["reference"] if job.get("solution") else None
    streams = bool(job.get("mirror"))
    if tree := job.get("tree"):
        _clear()
    channel = Channel(
        fd,
        numpy=job["numpy"],
        reference=reference,
        streams=streams,
        tree=Tree() if tree else None,
    )
    channel.libraries = frozenset(job.get("libraries", ()))
    channel.expects_stop = "StopIteration" in str(job["tests"].get("code"))
    bench = TestRecorder(channel)
    try:
        error = channel.loaded()
        if error is None:
            program.run(bench)
        else:
            why = f"the program did not load: {channel.raised_text}"
            bench.add("load", outcome_of(error), why)
    except LostError as lost:
        bench.add("load", "runtime error", str(lost))
    # A module's own list that was changed in place would meet the next candidate so.
    return {
        **bench.finish(),
        "stale": channel.changed and program.imports,
        "doubts": channel.doubts[:5],
    }
