"""A reply belongs to a request: the contract of every process that answers for another.

Answer workers, sandbox slots, grader processes and engines keep it alike:

1. A request carries an id, and its reply repeats it. A reply with another id is thrown away, and
   the process that sent it is replaced.
2. A process that ends in the middle of a request did so at a limit of ours, which is the
   candidate's doing, or it did not: then the machine is to blame, and the request is sent to a
   fresh process, `TRIES` times in all. After that the outcome is "error", never "failed".
3. A process that is stopped sends no reply, and is replaced as one that has ended. One that waits
   for a busy machine is not stopped, and is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# How often a request is sent in all, where the machine loses its reply.
TRIES = 3
# Wall time between two looks at a process that has not replied.
LOOK_SECONDS = 0.25


class ReplyLostError(Exception):
    """The reply to a request will not come, or cannot be told from another's."""


def check_id(reply: Mapping[str, object], id: object) -> None:
    """Raise `ReplyLostError` where a reply is not the one to the request `id`."""
    if reply.get("id") != id:
        raise ReplyLostError("it replied to another request")


class Stops:
    """Tells of processes that are stopped (SIGSTOP), look by look."""

    def __init__(self) -> None:
        self._seen: frozenset[int] = frozenset()

    def look(self, pids: Iterable[int]) -> bool:
        """Whether one of them is stopped, and was at the look before.

        Twice, because a debugger or a snapshot may stop a process for a moment.
        """
        now = frozenset(pid for pid in pids if state_of(pid) == "T")
        both, self._seen = now & self._seen, now
        return bool(both)


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does; nothing where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    return stat.rpartition(b")")[2][1:2].decode()


def tree_of(pid: int, generations: int) -> Iterator[int]:
    """A process, its children, their children, and so on; so many generations."""
    yield pid
    if generations > 1:
        for child in _children_of(pid):
            yield from tree_of(child, generations - 1)


def _children_of(pid: int) -> list[int]:
    try:
        lists = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for text in lists for child in text.split()]
