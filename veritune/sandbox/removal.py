"""Containers that outlive who started them: removed by what watches beside it, or by the next run.

Run by its path: what watches waits for nothing that it does not need.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from veritune.orphans import OrphanWatchers, has_ended, identity

if TYPE_CHECKING:
    from veritune.sandbox.engine import DockerClient

# Of every container of ours; its value is the owner's process id, for people.
LABEL = "veritune.sandbox"
# The owner's identity, which tells whether it is still there.
OWNER = "veritune.owner"
# Wall seconds that an engine has for each call, and for coming back to those whose work is done.
CALL_SECONDS, BACK_SECONDS = 10.0, 10.0
# One may just be made, and is there a moment after its owner's end.
LOOKS, PAUSE = 3, 0.2
# Those whose removal failed, since their engine was away.
POSTPONED: set[str] = set()


def labels() -> dict[str, str]:
    """What is written on a container of this process."""
    return {LABEL: str(os.getpid()), OWNER: identity(os.getpid())}


def remove(engine: DockerClient, name: str) -> None:
    """Remove a container, running or not; where that fails, `remove_postponed` tries it again."""
    import docker

    try:
        engine.remove_container(name, force=True)
    except docker.errors.NotFound:
        pass
    except Exception:  # Also that it is being removed: whether it will be, nobody knows.
        POSTPONED.add(name)
        return
    POSTPONED.discard(name)


def remove_postponed(engine: DockerClient) -> None:
    """Remove what could not be removed when its time came."""
    for name in list(POSTPONED):
        remove(engine, name)


def remove_abandoned(engine: DockerClient) -> None:
    """Remove containers that have ended, and those whose owner has, in whatever state they are."""
    for found in engine.containers(all=True, filters={"label": LABEL}):
        owner = found["Labels"].get(OWNER, "")
        if found["State"] == "exited" or (owner and has_ended(owner)):
            remove(engine, found["Id"])


@contextmanager
def containers_removed() -> Iterator[None]:
    """Around the use of containers: none is left behind, also where this process is killed."""
    with OrphanWatchers(["-P", __file__, identity(os.getpid())]):
        try:
            yield
        finally:
            _wait_for_engine()


def _wait_for_engine() -> None:
    until = time.monotonic() + BACK_SECONDS
    while POSTPONED and time.monotonic() < until:
        with suppress(Exception):
            engine = _connected()
            try:
                remove_postponed(engine)
            finally:
                engine.close()
        if POSTPONED:
            time.sleep(PAUSE)


def _connected() -> DockerClient:
    from veritune.sandbox.engine import connect

    return connect(CALL_SECONDS)


def main() -> None:
    """Remove what is there of an owner that has ended. Where no engine answers, the next run does.

    An engine that was killed removes what it finds when it starts.
    """
    with suppress(Exception):
        engine = _connected()
        for _ in range(LOOKS):
            for found in engine.containers(all=True, filters={"label": f"{OWNER}={sys.argv[1]}"}):
                remove(engine, found["Id"])
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
