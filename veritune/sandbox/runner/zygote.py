"""Forks one candidate at a time, watches what it uses, and says how it ended.

This process never reads anything a candidate wrote or will read: code, input, output and answers
pass it by as file descriptors.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from . import candidate, confine, linux, program, rehearse, usage, wire
from .confine import Confinement, enter

START, STOP = b"S", b"K"
CHANNEL, PAYLOAD, FAILED = 3, 4, 5
PACKAGES = "/opt/packages"
# What candidates import most. More would cost every fork; less would cost those who import it.
# Not threading and random: each makes every forked child set its state up anew.
PRELOADED = """
abc array bisect collections copy enum functools heapq itertools json math operator re string time
types typing
"""
WATCH_SECONDS = 0.25


def main(start: Callable[..., None], code: int, link: str) -> None:
    """Serve the host that started this process, on the descriptor `link`."""
    os.close(code)
    sys.path.append(PACKAGES)
    for name in PRELOADED.split():
        importlib.import_module(name)
    rehearse.answering()
    serve(socket.socket(fileno=int(link)))


def serve(link: socket.socket) -> None:
    """Answer the host's requests until it hangs up."""
    link = take_places(link)
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
    # Its candidates' own, one after another: nothing stays in it that outlives their processes and
    # that they have the privilege to leave. Making one costs a quarter of a candidate's time.
    linux.unshare(linux.NEWNET)
    confine.measure()
    gc.disable()
    gc.collect()
    linux.trim()
    gc.freeze()
    while True:
        mark, fds, _, _ = socket.recv_fds(link, 1, 4)
        if not mark:
            return
        if mark == START:
            frame = wire.read(link.fileno(), wire.MAX_FRAME)
            if frame is None:
                return
            end = _run(wire.loads(frame), fds, own_pids, link)
            wire.write(link.fileno(), wire.dumps(end))


def take_places(link: socket.socket) -> socket.socket:
    """Put something harmless on every descriptor that a child's will be put on."""
    kept = fcntl.fcntl(link.fileno(), fcntl.F_DUPFD, FAILED + 1)
    link.close()
    null = os.open("/dev/null", os.O_RDWR)
    for place in range(FAILED + 1):
        os.dup2(null, place)
    if null > FAILED:
        os.close(null)
    return socket.socket(fileno=kept)


def _run(spec: dict[str, Any], fds: list[int], own_pids: int, link: socket.socket) -> Any:
    started = time.monotonic()
    linux.setns(own_pids, linux.NEWPID)
    linux.unshare(linux.NEWPID)
    heard, failed = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_candidate(spec, fds, failed)
    for fd in (*fds, failed):
        os.close(fd)
    watch = os.pidfd_open(pid)
    try:
        killed = _watch(pid, watch, spec, started, link)
    finally:
        os.close(watch)
    _, status, used = os.wait4(pid, 0)
    failure = os.read(heard, 1000).decode(errors="replace")
    os.close(heard)
    return {
        "failure": failure,
        "killed": killed,
        "code": os.waitstatus_to_exitcode(status),
        "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000, 3),
        "wall_ms": round((time.monotonic() - started) * 1000, 3),
        "peak_kb": used.ru_maxrss,
    }


def _become_candidate(spec: dict[str, Any], fds: list[int], failed: int) -> None:
    """In the forked child: descriptors, confinement, then the candidate; never returns."""
    code = 1
    try:
        try:
            _place(fds, failed, channel=spec["mode"] != "program")
            enter(Confinement(**spec["confinement"]))
        except BaseException as error:
            os.write(FAILED, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        os.close(FAILED)
        gc.enable()
        code = _candidate(spec["mode"])
    finally:
        os._exit(code)


def _place(fds: list[int], failed: int, *, channel: bool) -> None:
    """Descriptors to their places, all others closed; the second is a channel, or the input.

    The places are taken in this process, so none of what stands ready is in one.
    """
    payload, data, out, err = fds
    if channel:
        os.dup2(data, CHANNEL)
    else:
        os.dup2(data, 0)
        os.close(CHANNEL)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.dup2(payload, PAYLOAD)
    os.dup2(failed, FAILED)
    linux.close_from(FAILED + 1)


def _candidate(mode: str) -> int:
    with os.fdopen(PAYLOAD, "rb") as stream:
        payload = wire.loads(stream.read())
    if mode == "answer":
        return candidate.answer(CHANNEL, payload)
    if mode == "shared":
        from . import shared

        return shared.run(CHANNEL, payload)
    return program.run(payload)


def _watch(pid: int, watch: int, spec: dict[str, Any], started: float, link: socket.socket) -> str:
    """Wait for the end; kill what passes a limit. Returns why it was killed, or nothing."""
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    poll.register(link, select.POLLIN)
    deadline = started + spec["wall_seconds"]
    pause = WATCH_SECONDS
    while True:
        ready = poll.poll(max(1, int(min(pause, deadline - time.monotonic()) * 1000)))
        if any(fd == watch for fd, _ in ready):
            return ""
        if ready:
            link.recv(1)
            reason = "stopped"
        elif time.monotonic() >= deadline:
            reason = "wall time"
        else:
            tree = usage.of_tree(pid)
            reason = tree.over(spec["cpu_seconds"], spec["memory_bytes"])
            pause = min(WATCH_SECONDS, max(0.01, spec["cpu_seconds"] - tree.cpu_seconds))
        if reason:
            signal.pidfd_send_signal(watch, signal.SIGKILL)
            return reason
