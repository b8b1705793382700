"""Waits for a job's report and its candidate's end, and reads what is printed meanwhile."""

from __future__ import annotations

import os
import select
import socket
import time
from typing import Any

from . import wire, zygote
from .report import JUDGE_GRACE_SECONDS, Judge, Reporter


class Watch:
    """One job under way. `client`: the descriptor whose hang-up ends everything."""

    def __init__(
        self,
        link: socket.socket,
        reporter: Reporter | None,
        out: int,
        err: int,
        client: int,
        spec: dict[str, Any],
    ) -> None:
        self._link, self._reporter, self._client = link, reporter, client
        self._printed = {out: bytearray(), err: bytearray()}
        self._out, self._err = out, err
        self._limit: int = spec["output_bytes"]
        self._deadline = time.monotonic() + spec["wall_seconds"] + JUDGE_GRACE_SECONDS
        self._end: dict[str, Any] | None = None
        self._over = ""
        self._stopped = False
        self._poll = select.poll()
        for fd in (link.fileno(), out, err):
            self._poll.register(fd, select.POLLIN)
        self._poll.register(client, 0)  # only its hang-up matters now
        if reporter is not None:
            self._poll.register(reporter.stream, select.POLLIN)

    def until_over(self) -> dict[str, Any]:
        """Run the loop; the reply to the client."""
        open_ends = 3 if self._reporter else 2
        while open_ends or self._end is None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._give_up()
            for fd, _ in self._poll.poll(max(1, int(left * 1000))):
                open_ends -= self._take(fd)
        return self._reply()

    def _take(self, fd: int) -> bool:
        """Handle one ready descriptor; True where it has ended."""
        if fd == self._client:
            os._exit(0)
        if fd == self._link.fileno():
            frame = wire.read(fd, wire.MAX_FRAME)
            if frame is None:
                raise RuntimeError("the process that forks candidates has ended")
            self._end = wire.loads(frame)
            self._poll.unregister(fd)
            return False
        if fd in self._printed:
            return self._read_output(fd)
        assert self._reporter is not None
        if self._reporter.read():
            return False
        self._poll.unregister(fd)
        self._stop()
        return True

    def _read_output(self, fd: int) -> bool:
        data = os.read(fd, 1 << 16)
        if not data:
            self._poll.unregister(fd)
            return True
        self._printed[fd] += data
        if sum(map(len, self._printed.values())) > self._limit:
            self._over = "output"
            self._stop()
            del self._printed[fd][self._limit :]
        return False

    def _stop(self) -> None:
        if self._end is None and not self._stopped:
            self._stopped = True
            self._link.send(zygote.STOP)

    def _give_up(self) -> None:
        self._over = self._over or "wall time"
        self._stop()
        self._deadline = time.monotonic() + JUDGE_GRACE_SECONDS
        if self._reporter is not None:
            self._reporter.kill()

    def _reply(self) -> dict[str, Any]:
        assert self._end is not None
        reply: dict[str, Any] = {
            "end": self._end,
            "over": self._over,
            "stdout": self._printed[self._out].decode(errors="replace"),
            "stderr": self._printed[self._err].decode(errors="replace"),
        }
        if isinstance(self._reporter, Judge):
            reply["judge"] = self._reporter.finish()
            reply["judge_code"] = self._reporter.code
        elif self._reporter is not None:
            reply["claim"] = self._reporter.report.decode(errors="replace")
        return reply
