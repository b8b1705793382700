"""Serving the viewer on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from veritune.errors import InputError
from veritune.viewer.app import make_app
from veritune.viewer.run import ViewedRun

# Nobody but this machine's users can reach it.
HOST = "127.0.0.1"


def serve_view(folder: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve a run's pages until interrupted; port 0 takes one that is free."""
    import uvicorn

    with ViewedRun(folder) as run, listening(port) as sock:
        say(f"{folder}: http://{HOST}:{sock.getsockname()[1]}/ (Ctrl-C ends it)")
        config = uvicorn.Config(
            make_app(run), log_level="warning", access_log=False, lifespan="off"
        )
        uvicorn.Server(config).run(sockets=[sock])


def listening(port: int) -> socket.socket:
    """A socket on loopback; raises `InputError` where the port is taken."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(128)
    except (OSError, OverflowError) as error:
        sock.close()
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"--port: {port} cannot be used ({why}); give another, or 0") from None
    return sock
