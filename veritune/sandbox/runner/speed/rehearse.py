"""Makes forks cheap: runs a job in this process before the first real one arrives.

Python specialises its bytecode while it runs and counts references in place, so whatever a child
does for the first time dirties pages that it shares with its parent, one copy each.
"""

from __future__ import annotations

import os
import sys
from _socket import SHUT_WR, socket, socketpair
from typing import TYPE_CHECKING

from ..candidate import answering
from ..candidate.loading import MODULE
from ..wire import frames

if TYPE_CHECKING:
    from ..wire.messages import GraderJob, Payload, Tests

# Jobs of each kind that are graded; rounds of questions that are answered: these cost less.
TIMES, ANSWERED = 3, 12
# A candidate with what most have: a function, a class, nested values, a float.
SOURCE = """
class Pair:
    def __init__(self, left, right):
        self.left, self.right = left, right
def f(x, y=0):
    return [x, {"a": (y, 1.5, "b")}, {1, 2}] if x else Pair(x, y)
"""
PAYLOAD: Payload = {"sources": [("solution.py", SOURCE)], "numpy": False}
# Tests that have each kind of value cross in both directions.
ASSERTS = "assert f(1, 2) == [1, {'a': (2, 1.5, 'b')}, {1, 2}]\nassert f(0).left == 0"
CHECK = "def check(candidate):\n    assert candidate(1)[0] == 1\n    assert candidate(2)[0] == 2\n"
JOBS: tuple[Tests, ...] = (
    {"type": "asserts", "code": ASSERTS},
    {"type": "check", "entry_point": "f", "code": CHECK},
    {"type": "calls", "entry_point": "f", "cases": [{"args": [0], "expected": [1]}]},
)


def grades() -> None:
    """Grade a harmless candidate by every kind of tests, a few times."""
    from ..grader import grading
    from ..grader.programs import prepare

    for tests in JOBS * TIMES:
        near, far = socketpair()
        pid = os.fork()
        if pid == 0:
            near.close()
            _answer(far)
            os._exit(0)
        far.close()
        job: GraderJob = {"type": tests["type"], "tests": tests, "numpy": False, "solution": ""}
        grading.grade(near.fileno(), job, prepare(job))
        near.close()
        os.waitpid(pid, 0)


def answers() -> None:
    """Answer a grader's usual questions."""
    for _ in range(ANSWERED):
        near, far = socketpair()
        for number, (op, rest) in enumerate(QUESTIONS):
            frames.write(near.fileno(), frames.dumps({"id": number, "op": op, **rest}))
        near.shutdown(SHUT_WR)
        _answer(far)
        near.close()
    sys.modules.pop(MODULE, None)


# What all calls of a function have in common.
CALL = {"on": 0, "name": "__call__", "kwargs": {}}
QUESTIONS: tuple[tuple[str, dict[str, object]], ...] = (
    ("name", {"name": "f", "args": [], "kwargs": {}}),
    ("operator", {**CALL, "args": [1, [1, 2, {"t": [1, 2]}]]}),
    ("operator", {**CALL, "args": [0]}),
    ("operator", {**CALL, "args": ["a", 1.5]}),
)


def _answer(channel: socket) -> None:
    answering.answer(os.dup(channel.fileno()), PAYLOAD)
    channel.close()
