"""A small HTTP server in the test's own process: a handler says what it answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class Handler(BaseHTTPRequestHandler):
    """What a test's handler subclasses: it reads JSON and answers with it, and logs nothing."""

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(
        self, body: object, code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


H = TypeVar("H", bound=Handler)


@contextmanager
def served(handler: type[H], **own: object) -> Iterator[tuple[str, type[H]]]:
    """The address of a server, and its handler: a class of its own, which holds `own`."""
    kind = type("Handler", (handler,), own)
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    # A short wait between two looks: shutting down takes as long, for every test.
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kind
    finally:
        server.shutdown()
        server.server_close()
