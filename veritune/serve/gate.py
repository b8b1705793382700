"""In front of all endpoints: who may ask, and what is counted."""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veritune.serve.settings import is_loopback

# Verdicts on simple answers take a millisecond, programs seconds.
BUCKETS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
# Paths that are counted by their name; a scanner must not fill the memory with others.
OTHER = "other"
# What a load balancer asks, which has no token.
OPEN = ("/health",)


class ServiceMetrics:
    """Figures in Prometheus' format; each service has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, said: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(name, said, labels, namespace="veritune", registry=self.registry)

        self.requests = counter("requests", "Requests answered.", ("path", "status"))
        self.verdicts = counter("verdicts", "Verdicts given.", ("outcome",))
        self.errors = counter("errors", "Requests that ended in an error of ours.")
        self.seconds = Histogram(
            "request_seconds",
            "Seconds that a request took.",
            ("path",),
            namespace="veritune",
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.in_flight = Gauge(
            "requests_in_flight",
            "Requests under way.",
            namespace="veritune",
            registry=self.registry,
        )


class Gate:
    """Asks for the bearer token, and counts every request with its status and its time."""

    def __init__(
        self, app: ASGIApp, *, token: str | None, metrics: ServiceMetrics, paths: frozenset[str]
    ) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths
        self._expected = None if token is None else token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in self._paths else OTHER
        status, began = 500, time.monotonic()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.in_flight.inc()
        try:
            refusal = self._refusal(dict(scope["headers"]), scope["path"])
            await (refusal or self._app)(scope, receive, noted)
        finally:
            self._metrics.in_flight.dec()
            self._metrics.requests.labels(path, str(status)).inc()
            self._metrics.seconds.labels(path).observe(time.monotonic() - began)
            self._metrics.errors.inc(status >= 500)

    def _refusal(self, headers: dict[bytes, bytes], path: str) -> ASGIApp | None:
        """What is said to a request that may not come in."""
        if self._expected is None:
            # A page whose name was made to lead to this machine would be let in by the browser.
            host = _host(headers.get(b"host", b"").decode("latin-1"))
            return None if is_loopback(host) else _MISDIRECTED
        # By bytes, and in constant time: the clock must not tell how much of it was right.
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        right = hmac.compare_digest(given.strip(b" "), self._expected)
        # The scheme in any case, as RFC 9110 (11.1) has it.
        known = path in OPEN or (right and scheme.lower() == b"bearer")
        return None if known else _UNAUTHORIZED


def _host(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


# The connection stays open: closed over a body that was not read it is reset, and a client may lose
# this reply.
_UNAUTHORIZED = JSONResponse(
    {"error": "authorization: send the token, as 'Authorization: Bearer TOKEN'"},
    401,
    {"WWW-Authenticate": "Bearer"},
)
_MISDIRECTED = JSONResponse({"error": "host: without a token only localhost is answered"}, 421)
