"""The grader: holds one problem's tests, and puts candidates through them, one after another."""

from __future__ import annotations

import functools
import os
import resource
import socket
import struct
import time
from typing import Any

from . import names, wire
from .bench import TestRecorder, outcome_of
from .channel import Channel, LostError
from .programs import TestProgram, prepare

NEXT = struct.Struct("I")  # beside a channel: the number that the report on it repeats


def serve(link: socket.socket, job: dict[str, Any]) -> None:
    """Grade each candidate whose channel comes over `link`, until it hangs up."""
    program = prepare(job)
    while True:
        number, fds, _, _ = socket.recv_fds(link, NEXT.size, 1)
        if len(number) != NEXT.size:
            return
        report = grade(fds[0], job, program)
        os.close(fds[0])
        report["used"] = [time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
        (report["id"],) = NEXT.unpack(number)
        wire.write(link.fileno(), wire.dumps(report))


def grade(fd: int, job: dict[str, Any], program: TestProgram) -> dict[str, Any]:
    """The report on one candidate: `tests` as [name, outcome, reason], and what went wrong."""
    channel = Channel(fd, numpy=job["numpy"])
    bench = TestRecorder(channel, functools.partial(names.operators, job))
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
    return {**bench.finish(), "stale": channel.changed and program.imports}
