"""Serving the viewer on this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from starlette.types import ASGIApp

from veritune.errors import InputError, JournalError
from veritune.viewer.app import make_app
from veritune.viewer.folders import named
from veritune.viewer.labelling import LabelFile, make_label_app
from veritune.viewer.run import ViewedRun

# Nobody but this machine's users can reach it.
HOST = "127.0.0.1"


def serve_view(
    folders: Sequence[Path], port: int, say: Callable[[str], None], shown: str | None = None
) -> None:
    """Serve the pages of runs until interrupted; port 0 takes one that is free.

    A folder may hold runs instead of one: a study's, or all of a recipe's arms. `shown` is what is
    served, in the words of whoever asked for it.
    """
    with ExitStack() as stack:
        found, damaged = opened(named(folders), stack)
        shown = ", ".join(map(str, folders)) if shown is None else shown
        _serve(make_app(found, damaged), port, say, shown)


def serve_labels(path: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve a sample of `veritune audit` to be labelled, until interrupted; labels are written."""
    _serve(make_label_app(LabelFile(path)), port, say, str(path))


def _serve(app: ASGIApp, port: int, say: Callable[[str], None], shown: str) -> None:
    import uvicorn

    with listening(port) as sock:
        say(f"{shown}: http://{HOST}:{sock.getsockname()[1]}/ (Ctrl-C ends it)")
        quiet = uvicorn.Config(app, log_level="warning", lifespan="off")
        # That is how it ends, and nothing is left undone.
        with suppress(KeyboardInterrupt):
            uvicorn.Server(quiet).run(sockets=[sock])


def opened(
    folders: Mapping[str, Path], stack: ExitStack
) -> tuple[dict[str, ViewedRun], dict[str, str]]:
    """The runs that can be read, and of the others why not; raises where none can be."""
    found: dict[str, ViewedRun] = {}
    damaged: dict[str, JournalError] = {}
    for name, folder in folders.items():
        try:
            found[name] = stack.enter_context(ViewedRun(folder))
        except JournalError as error:
            damaged[name] = error
    if not found:
        raise next(iter(damaged.values()))
    return found, {name: str(error) for name, error in damaged.items()}


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
