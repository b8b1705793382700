"""The worker process: compares what comes in on stdin, a number and one JSON object a line.

The first process only forks; its child compares. Where the child ends at a limit, the next one is
forked in milliseconds, since everything is imported already: sympy too, which the first process
imports once, when a child ends because it needs it. Limits of the child: processor time
per comparison (a profiling timer with the signal's default action, which nothing can catch or
delay), memory, no files, no core dumps. Replies repeat the request's number; the forker reports
how a child ended, and at which request: the child notes it in memory that both see.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import json
import mmap
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import NoReturn, TypedDict

from veritune.algebra import AnswerPolicy, context, limited_by
from veritune.verifiers.answers.comparison import Comparison, Relation
from veritune.verifiers.answers.decide import decide

# Bytes of a reply, so that it is written whole or not at all.
LONGEST_REPLY = 3_000
# The exit code of a child that passed its limit of memory.
OUT_OF_MEMORY = 3
# The exit code of a child whose request needs sympy, which it does not have.
NEEDS_SYMPY = 4
# The number of the request under way, in memory that the forker sees; 0: none.
NUMBER = struct.Struct("q")
# Whom the forker leaves behind ends with it.
PR_SET_PDEATHSIG = 1


class ComparisonRequest(TypedDict):
    """Two answers to compare; the fields of the policy, which says what counts as equal, as JSON.

    As a text of their own, because most requests repeat them, and reading them costs as much as
    the rest.
    """

    policy: str
    gold: str
    pred: str


class ComparisonReply(TypedDict, total=False):
    """The fields of a `Comparison`."""

    relation: Relation
    gold: str
    pred: str
    detail: str
    machine: bool


class WorkerMessage(ComparisonReply, total=False):
    """`ready` and `ended` say how a child began and ended; all else is a reply."""

    ready: int
    ended: int
    id: int


def main() -> None:
    """Fork a child again and again, until one of them sees the end of the input."""
    memory, seconds = int(sys.argv[1]) << 20, float(sys.argv[2])
    context()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl, forker = ctypes.CDLL(None).prctl, os.getpid()
    request = mmap.mmap(-1, NUMBER.size)
    limited_by(_allow, _end_for_sympy)
    while True:
        gc.freeze()  # What is shared with the children stays so: their collector passes it by.
        NUMBER.pack_into(request, 0, 0)
        child = os.fork()
        if child == 0:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == forker:
                _serve(memory, seconds, request)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return
        if code == NEEDS_SYMPY:
            _import_sympy()
        _write({"id": NUMBER.unpack_from(request)[0], "ended": code})


def _import_sympy() -> None:
    """So that the children have it. Where whoever asked ends meanwhile, so does this process.

    Nothing is written to the pipe until it has said how the child ended: what the kernel signals
    is that the pipe was hung up, and the signal's default action is the end.
    """
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
    hung_up = select.poll()
    hung_up.register(0, select.POLLHUP)
    if hung_up.poll(0):
        os._exit(0)
    import sympy  # noqa: F401

    fcntl.fcntl(0, fcntl.F_SETFL, flags)


def _allow(seconds: float) -> None:
    """Give a comparison so much processor time from now on."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _end_for_sympy() -> NoReturn:
    """End the child; the next one, which is sent the request again, has sympy."""
    os._exit(NEEDS_SYMPY)


def _serve(memory: int, seconds: float, request: mmap.mmap) -> None:
    """Answer requests until the input ends; never returns."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _write({"ready": os.getpid()})
    for line in sys.stdin.buffer:
        number, _, body = line.partition(b" ")
        NUMBER.pack_into(request, 0, int(number))
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            answer: Mapping[str, object] = _answer(json.loads(body))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception as error:
            answer = {
                **{"relation": "limit reached", "gold": "", "pred": "", "machine": True},
                "detail": f"verifier error: {error!r}"[:200],
            }
        signal.setitimer(signal.ITIMER_PROF, 0)
        _write({"id": int(number), **answer})
        NUMBER.pack_into(request, 0, 0)
    os._exit(0)


def _answer(request: ComparisonRequest) -> ComparisonReply:
    return encoded(decide(request["gold"], request["pred"], _policy(request["policy"])))


@lru_cache(maxsize=16)
def _policy(fields: str) -> AnswerPolicy:
    return AnswerPolicy(**json.loads(fields))


def encoded(result: Comparison) -> ComparisonReply:
    """A comparison as plain data, its texts cut."""
    return {
        "relation": result.relation,
        "gold": result.gold[:400],
        "pred": result.pred[:400],
        "detail": result.detail[:200],
    }


def _write(answer: Mapping[str, object]) -> None:
    data = json.dumps(answer).encode() + b"\n"
    if len(data) > LONGEST_REPLY:
        answer = {**answer, "gold": str(answer["gold"])[:60], "pred": str(answer["pred"])[:60]}
        data = json.dumps(answer).encode() + b"\n"
    try:
        os.write(1, data)
    except BrokenPipeError:  # whoever asked is gone
        os._exit(0)
