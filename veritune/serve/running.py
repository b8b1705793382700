"""Running the service until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from veritune.errors import InputError, MissingFileError, RecipeError, UnwritableError
from veritune.serve.settings import ServeSettings, is_loopback

TOKEN = "VERITUNE_SERVE_TOKEN"
# Connections that may wait to be accepted: a trainer opens hundreds at once.
BACKLOG = 2048


def run_service(settings: ServeSettings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are answered first.

    Raises `RecipeError` where it would be open to others without a token.
    """
    token = read_token(settings)
    if token is None and not is_loopback(settings.host):
        raise RecipeError(
            f"--host: {settings.host} can be reached from other machines, and untrusted code is run"
            f" for whoever asks; set {TOKEN} or --token-file, or listen on 127.0.0.1"
        )
    _allow_connections()
    with closing(_bound(settings)) as listening:
        asyncio.run(_serve(settings, token, listening, say))
    say("stopped")


async def _serve(
    settings: ServeSettings, token: str | None, listening: socket.socket, say: Callable[[str], None]
) -> None:
    import uvicorn

    from veritune.serve.service import make_service

    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    app = make_service(settings, token)
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        # Idle connections; a trainer's client keeps its own open between steps.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.grace_seconds,
    )
    # Opened here, and not by uvicorn, which would print whatever is wrong as a traceback.
    async with app.router.lifespan_context(app):
        server = uvicorn.Server(config)

        def stop(*_: object) -> None:
            server.should_exit = True

        # uvicorn has its own handlers while it serves, and raises again what it was stopped by; to
        # stop is what was asked for, also in the moment before it serves.
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, stop)
        say(f"serving on http://{shown}:{port}")
        await server.serve(sockets=[listening])


def read_token(settings: ServeSettings) -> str | None:
    """The token; from the file, else from the environment."""
    if settings.token_file is None:
        token = os.environ.get(TOKEN)
        where = TOKEN
    else:
        where = settings.token_file
        try:
            token = Path(where).read_text().strip()
        except FileNotFoundError:
            raise MissingFileError(f"--token-file: {where}: no such file") from None
        except (OSError, ValueError) as error:
            raise InputError(f"--token-file: {where}: cannot be read ({error})") from None
    if token is not None and (not token or not token.isascii() or len(token.split()) != 1):
        raise RecipeError(f"{where}: expected one word of ASCII characters as the token")
    return token


def _bound(settings: ServeSettings) -> socket.socket:
    """A socket that listens already, so that nobody who was told the port is refused."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UnwritableError(
            f"--port: cannot listen on {settings.host} {settings.port}"
            f" ({error.strerror or error}); choose another"
        ) from None


def _allow_connections() -> None:
    """As many open files as the machine allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
