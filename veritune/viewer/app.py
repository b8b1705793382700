"""The viewer over HTTP: read-only, for this machine's browser alone.

What models wrote is hostile. It goes out as JSON and is put into the page as text; the page's
policy allows no script, style or address but the server's own; and a name that another site points
at this machine is refused, so that no site can read a run through its visitor's browser.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from veritune.errors import InputError, VerituneError
from veritune.report import STYLE, visible
from veritune.viewer.asking import count_json, filter_of, one_of, page_json, required, whole_number
from veritune.viewer.candidate import candidate_json
from veritune.viewer.overview import Json, counts_json, errors_json, evaluations_json, run_json
from veritune.viewer.problems import problems_json
from veritune.viewer.run import ViewedRun

PAGE = Path(__file__).with_name("page")
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
NONE: Mapping[str, str] = {}
Answer = Callable[[ViewedRun, Mapping[str, str]], Json]


def make_app(runs: Mapping[str, ViewedRun], damaged: Mapping[str, str] = NONE) -> ASGIApp:
    """The application over runs by their names; the first is shown where none is asked for.

    `damaged` are runs that cannot be read, and why.
    """
    lost = {visible(name): visible(why) for name, why in damaged.items()}
    answers: dict[str, Answer] = {
        "run": lambda run, asked: run_json(run) | {"runs": list(runs), "damaged": lost},
        "counts": lambda run, asked: counts_json(run),
        "errors": lambda run, asked: run.ask(lambda db: errors_json(db, required(asked, "set"))),
        "problems": lambda run, asked: problems_json(
            run,
            required(asked, "stem"),
            asked.get("sort", "hardest"),
            whole_number(asked, "start"),
            asked.get("text", ""),
        ),
        "candidates": lambda run, asked: run.ask(lambda db: page_json(db, asked)),
        "count": lambda run, asked: run.ask(lambda db: count_json(db, filter_of(asked))),
        "candidate": lambda run, asked: run.ask(
            lambda db: candidate_json(
                db,
                required(asked, "set"),
                required(asked, "problem"),
                whole_number(asked, "index"),
            )
        ),
    }
    answers["runs"] = lambda run, asked: {"runs": evaluations_json(runs, run)}
    routes = [_route(runs, name, answer) for name, answer in answers.items()]

    def file(request: Request) -> Response:
        return page_file(request.path_params.get("name") or "index.html")

    pages = [Route("/", file), Route("/{name}", file)]
    return Guard(Starlette(routes=[*routes, *pages]))


def page_file(name: str) -> Response:
    """A file of the page; raises 404 for every other name."""
    files = {file.name: file for file in PAGE.iterdir() if file.is_file()} | {"base.css": STYLE}
    if name not in files:
        raise HTTPException(404)
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    return Response(files[name].read_bytes(), media_type=kind)


def _route(runs: Mapping[str, ViewedRun], name: str, answer: Answer) -> Route:
    def endpoint(request: Request) -> Response:
        asked = request.query_params
        try:
            chosen = one_of(asked, "run", list(runs)) or next(iter(runs))
            return JSONResponse(answer(runs[chosen], asked))
        except InputError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        except VerituneError as error:
            return JSONResponse({"error": str(error)}, status_code=500)

    return Route(f"/api/{name}", endpoint)


class Guard:
    """Refuses what is not meant for this server, and gives every answer its headers.

    `writes` is the one path that may be posted to, if any.
    """

    def __init__(self, app: ASGIApp, writes: str | None = None) -> None:
        self._app, self._writes = app, writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = [(k, v) for k, v in message.get("headers", []) if k.decode() not in HEADERS]
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*known, *own]}
            await send(message)

        host = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"host"), "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if name.lower() not in HOSTS:
            refused = JSONResponse({"error": "this viewer is for 127.0.0.1 alone"}, 403)
            return await refused(scope, receive, guarded)
        if scope["method"] not in ("GET", "HEAD") and not self._may_write(scope):
            refused = JSONResponse({"error": "this viewer only reads"}, 405)
            return await refused(scope, receive, guarded)
        await self._app(scope, receive, guarded)

    def _may_write(self, scope: Scope) -> bool:
        """Whether a page of ours posts: others can neither set this header nor send JSON."""
        headers = dict(scope["headers"])
        return (
            scope["method"] == "POST"
            and scope["path"] == self._writes
            and headers.get(b"x-veritune") == b"label"
            and headers.get(b"content-type") == b"application/json"
        )
