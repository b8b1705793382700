"""Pages that every child writes to are copied by the fork: the child takes no fault for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, socket
from struct import Struct
from veritune.sandbox.runner.candidate import answering
from veritune.sandbox.runner.speed import eager
from veritune.sandbox.runner.wire import frames

faults = []

def begin(link):
    if (pid := os.fork()) == 0:
        _, (payload, channel, _, _), _, _ = socket.recv_fds(socket.socket(fileno=link), 1, 4)
        answering.answer(channel, frames.loads(frames.read(payload, frames.MAX_JOB)))
        os._exit(0)
    os.close(link)
    return pid

def end(pid):
    faults.append(os.wait4(pid, 0)[2].ru_minflt)

pages = eager.pin(begin, end, Struct("4i"), b"A")
eager.pin(begin, end, Struct("4i"), b"A")
print(pages, *faults)
"""
DIES = """
import os
from struct import Struct
from veritune.sandbox.runner.speed import eager

def begin(link):
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.close(link)
    return pid

print(eager.pin(begin, lambda pid: os.waitpid(pid, 0), Struct("4i"), b"A"))
"""


def run(program: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_a_child_takes_no_fault_for_what_is_pinned() -> None:
    pages, before, after = run(PROGRAM)
    if not pages:
        pytest.skip("the kernel pinned nothing: it has no io_uring, or forbids it")
    assert before - after > pages / 2


def test_nothing_is_pinned_where_the_child_dies() -> None:
    assert run(DIES) == [0]
