"""Keeps one process ready for the next job, shut in and waiting, and says how each one ended.

This process never sees anything of a job: the host hands code, input, output and answers to the
process that waits, as file descriptors.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import struct
from _socket import AF_UNIX, CMSG_SPACE, SOCK_STREAM, socket  # `socket` is a megabyte to fork
from collections.abc import Callable
from typing import NoReturn

from .. import speed
from ..candidate import answering, loading, program
from ..confinement import confine, linux, places
from ..confinement.confine import Confinement
from ..confinement.places import CHANNEL, PAYLOAD
from ..grader.preload import libraries
from ..speed import Forking
from ..wire import frames

# What the host puts beside a job's descriptors.
ANSWER, SHARED, PROGRAM = b"A", b"S", b"P"
# Every request of the host begins with a number, which the answer repeats.
PID = struct.Struct("Ii")  # of a process that waits; from the host: of one that has ended
# Exit code, CPU ms, peak memory in KiB, whether it left a clean network.
END = struct.Struct("Iidi?")
UID = struct.Struct("II")  # ahead of the rules that the host asks for; 0: none
# Larger than any rules: one message is one request.
ASKED = 4096
ONE, JOB = struct.Struct("i"), struct.Struct("4i")  # descriptors, as they are received
# What candidates import most. More would cost every fork; less would cost those who import it.
# Not threading and random: each makes every forked child set its state up anew.
PRELOADED = """
abc bisect collections copy enum functools heapq itertools json math operator re string time
types typing
"""


def main(start: Callable[..., None], code: int, link: str) -> None:
    """Serve the host that started this process, on the descriptor `link`."""
    os.close(code)
    libraries()
    for name in PRELOADED.split():
        importlib.import_module(name)
    loading.as_usual()
    serve(int(link), speed.ready_candidates())


def serve(link: int, forking: Forking) -> None:
    """Have a process ready whenever the host asks for one, until it hangs up."""
    host = socket(fileno=places.take(link))
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    network = Network()
    confine.settle()
    new_pids = [linux.entering(own_pids, linux.NEWPID), linux.unsharing(linux.NEWPID)]
    preference = confine.OomPreference()
    gc.disable()
    gc.collect()
    linux.trim()
    gc.freeze()
    rules = b""

    def begin(link: int) -> int:
        linux.perform(new_pids)
        preference.end_first()
        pid = _fork(forking.fork, link, steps.around(leaving))
        preference.end_as_usual()
        return pid

    def end(pid: int) -> bytes:
        return _end_of(PID.pack(0, pid), network)

    while True:
        asked, carried, _, _ = host.recvmsg(ASKED, CMSG_SPACE(ONE.size))
        if not asked:
            return
        if not carried:
            host.send(_end_of(asked, network))
            continue
        (link,), (number, uid) = ONE.unpack(carried[0][2]), UID.unpack_from(asked)
        leaving = confine.leaving_root(uid or None)
        if asked[UID.size :] != rules:
            first, rules = not rules, asked[UID.size :]
            steps = confine.steps(Confinement(**frames.loads(rules)))
            if first:
                forking.copy_at_once(begin, end, JOB, ANSWER)
                confine.lock_no_memory()
        host.send(PID.pack(number, begin(link)))


def _fork(fork: Callable[[], int], link: int, steps: list[linux.Step]) -> int:
    """The process for one job, which comes to it over `link`."""
    pid = fork()
    if pid == 0:
        _become_candidate(link, steps)
    os.close(link)
    return pid


def _end_of(asked: bytes, network: Network) -> bytes:
    number, pid = PID.unpack(asked)
    _, status, used = os.wait4(pid, 0)
    spent = (used.ru_utime + used.ru_stime) * 1000
    code = os.waitstatus_to_exitcode(status)
    return END.pack(number, code, spent, used.ru_maxrss, network.left_clean())


# Bytes of /proc/net/sockstat that tell whether any socket is left. Few, since whatever this process
# allocates is a page that it shares with its children.
ENOUGH = 120


class Network:
    """The candidates' network namespace, one after another's.

    Nothing but its own loopback interface is up, and candidates have not the privilege to leave
    anything in it that outlives their processes, but for sockets that are on their way to
    themselves, and connections that are being closed: those wait for the kernel. One for each would
    be dear.
    """

    def __init__(self) -> None:
        self._counts = -1
        self._begin()

    def left_clean(self) -> bool:
        """Whether the last candidate left nothing; else those forked from now on get another."""
        if os.pread(self._counts, ENOUGH, 0).startswith(self._no_sockets):
            return True
        os.close(self._counts)
        self._begin()
        return False

    def _begin(self) -> None:
        linux.unshare(linux.NEWNET)
        with contextlib.suppress(OSError):  # without the capability, nothing in it is reachable
            linux.loopback_up()
        # How many sockets of any kind there are, those under way to themselves, too, and TCP
        # connections in use or being closed; what follows is the whole machine's, as the tables of
        # connections are. With the word that follows the last number, which would begin a longer
        # one, too.
        self._counts = os.open("/proc/self/net/sockstat", os.O_RDONLY)
        counts = os.pread(self._counts, ENOUGH, 0)
        self._no_sockets = b"".join(counts.partition(b" alloc")[:2])


def _become_candidate(fd: int, steps: list[linux.Step]) -> NoReturn:
    """In the forked child: confinement, the job's descriptors, then the candidate."""
    code = 1
    try:
        try:
            linux.perform(steps)
            # Kept to the end: to lose it unclosed is a warning, and dear.
            link = socket(AF_UNIX, SOCK_STREAM, 0, fd)
            mode, found, _, _ = link.recvmsg(1, CMSG_SPACE(JOB.size))
            if not mode:
                os._exit(0)
            _place(*JOB.unpack(found[0][2]), channel=mode != PROGRAM)
        except BaseException as error:
            with contextlib.suppress(OSError):
                os.write(fd, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        gc.enable()
        code = _candidate(mode)
    finally:
        os._exit(code)


def _place(payload: int, data: int, out: int, err: int, *, channel: bool) -> None:
    """Descriptors to their places, all others closed; the second is a channel, or the input.

    The places are taken in this process, so none of what stands ready is in one.
    """
    if channel:
        os.dup2(data, CHANNEL)
        # Its own: locks on an open file that others hold, too, would outlive it.
        os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    else:
        os.dup2(data, 0)
        os.close(CHANNEL)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.dup2(payload, PAYLOAD)
    linux.close_from(PAYLOAD + 1)


def _candidate(mode: bytes) -> int:
    payload = frames.loads(frames.read(PAYLOAD, frames.MAX_JOB) or b"")
    os.close(PAYLOAD)
    if mode == ANSWER:
        return answering.answer(CHANNEL, payload)
    if mode == SHARED:
        from ..candidate import shared

        return shared.run(CHANNEL, payload)
    return program.run(payload)
