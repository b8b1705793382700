"""Makes forks cheap: runs a job in this process before the first real one arrives.

Python specialises its bytecode while it runs and counts references in place, so whatever a child
does for the first time dirties pages that it shares with its parent, one copy each.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Any

from . import candidate, judge
from .programs import prepare

TIMES = 10
SOURCE = """
class Pair:
    def __init__(self, left, right):
        self.left, self.right = left, right
def f(x, y=0):
    return [x, {"a": (y, 1.5, "b")}, {1, 2}] if x else Pair(x, y)
"""
ASSERTS = "assert f(1, 2) == [1, {'a': (2, 1.5, 'b')}, {1, 2}]\nassert f(0).left == 0"
CHECK = "def check(candidate):\n    assert candidate(1)[0] == 1\n    assert candidate(2)[0] == 2\n"
JOBS: tuple[dict[str, Any], ...] = (
    {"type": "asserts", "code": ASSERTS},
    {"type": "check", "entry_point": "f", "code": CHECK},
    {"type": "calls", "entry_point": "f", "cases": [{"args": [0], "expected": [1]}]},
)


def rehearse() -> None:
    """Judge a harmless candidate by every kind of tests, a few times."""
    for tests in JOBS * TIMES:
        near, far = socket.socketpair()
        payload = {"sources": [["solution.py", SOURCE]], "numpy": False}
        thread = threading.Thread(target=_answer, args=(far, payload))
        thread.start()
        job = {"type": tests["type"], "tests": tests, "numpy": False}
        judge.judge(near.fileno(), job, prepare(job))
        near.close()
        thread.join()
    sys.modules.pop(candidate.MODULE, None)


def _answer(channel: socket.socket, payload: dict[str, Any]) -> None:
    candidate.answer(os.dup(channel.fileno()), payload)
    channel.close()
