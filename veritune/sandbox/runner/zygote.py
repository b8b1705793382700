"""Keeps one process ready for the next job, shut in and waiting, and says how each one ended.

This process never sees anything of a job: the host hands code, input, output and answers to the
process that waits, as file descriptors.
"""

from __future__ import annotations

import array
import fcntl
import gc
import importlib
import os
import socket
import struct
import sys
from collections.abc import Callable
from typing import NoReturn

from . import candidate, confine, linux, program, rehearse, wire
from .confine import Confinement

# What the host puts beside a job's descriptors.
ANSWER, SHARED, PROGRAM = b"A", b"S", b"P"
READY = struct.Struct("i")  # the process that waits; with it come its link, pidfd and complaints
END = struct.Struct("idi")  # exit code, CPU ms, peak memory in KiB
UID = struct.Struct("I")  # ahead of the rules that the host asks for; 0: none
CHANNEL, PAYLOAD = 3, 4
PACKAGES = "/opt/packages"
# What candidates import most. More would cost every fork; less would cost those who import it.
# Not threading and random: each makes every forked child set its state up anew.
PRELOADED = """
abc array bisect collections copy enum functools heapq itertools json math operator re string time
types typing
"""


def main(start: Callable[..., None], code: int, link: str) -> None:
    """Serve the host that started this process, on the descriptor `link`."""
    os.close(code)
    sys.path.append(PACKAGES)
    for name in PRELOADED.split():
        importlib.import_module(name)
    rehearse.answering()
    serve(socket.socket(fileno=int(link)))


def serve(link: socket.socket) -> None:
    """Have a process ready whenever the host asks for one, until it hangs up."""
    link = take_places(link)
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    # Its candidates' own, one after another: nothing stays in it that outlives their processes and
    # that they have the privilege to leave. Making one costs a quarter of a candidate's time.
    linux.unshare(linux.NEWNET)
    confine.settle()
    gc.disable()
    gc.collect()
    linux.trim()
    gc.freeze()
    while (asked := wire.read(link.fileno(), wire.MAX_FRAME)) is not None:
        rules = Confinement(UID.unpack(asked[:4])[0] or None, **wire.loads(asked[4:]))
        _one(link, own_pids, confine.steps(rules))


def take_places(link: socket.socket) -> socket.socket:
    """Put something harmless on every descriptor that a child's will be put on."""
    kept = fcntl.fcntl(link.fileno(), fcntl.F_DUPFD, PAYLOAD + 1)
    link.close()
    null = os.open("/dev/null", os.O_RDWR)
    for place in range(PAYLOAD + 1):
        os.dup2(null, place)
    if null > PAYLOAD:
        os.close(null)
    return socket.socket(fileno=kept)


def _one(link: socket.socket, own_pids: int, steps: list[linux.Step]) -> None:
    """Fork the process for one job, hand it to the host, and report its end."""
    linux.setns(own_pids, linux.NEWPID)
    linux.unshare(linux.NEWPID)
    near, far = socket.socketpair()
    heard, failed = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_candidate(near, failed, steps)
    watch = os.pidfd_open(pid)
    fds = array.array("i", (far.fileno(), watch, heard))
    link.sendmsg([READY.pack(pid)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    near.close()
    far.close()
    for fd in (watch, heard, failed):
        os.close(fd)
    _, status, used = os.wait4(pid, 0)
    spent = (used.ru_utime + used.ru_stime) * 1000
    link.send(END.pack(os.waitstatus_to_exitcode(status), spent, used.ru_maxrss))


def _become_candidate(link: socket.socket, failed: int, steps: list[linux.Step]) -> NoReturn:
    """In the forked child: confinement, the job's descriptors, then the candidate."""
    code = 1
    try:
        try:
            linux.perform(steps)
            mode, found, _, _ = link.recvmsg(1, socket.CMSG_SPACE(16))
            if not mode:
                os._exit(0)
            _place(memoryview(found[0][2]).cast("i").tolist(), channel=mode != PROGRAM)
        except BaseException as error:
            os.write(failed, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        gc.enable()
        code = _candidate(mode)
    finally:
        os._exit(code)


def _place(fds: list[int], *, channel: bool) -> None:
    """Descriptors to their places, all others closed; the second is a channel, or the input.

    The places are taken in this process, so none of what stands ready is in one.
    """
    payload, data, out, err = fds
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
    with os.fdopen(PAYLOAD, "rb") as stream:
        payload = wire.loads(stream.read())
    if mode == ANSWER:
        return candidate.answer(CHANNEL, payload)
    if mode == SHARED:
        from . import shared

        return shared.run(CHANNEL, payload)
    return program.run(payload)
