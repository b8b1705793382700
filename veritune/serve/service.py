"""The service as a Starlette application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from veritune.integrations import RowProblems
from veritune.problems import read_problems
from veritune.serve.bodies import BatchBody, OpenRlhfBody, RunCodeBody, VerifyBody, read_body
from veritune.serve.gate import Gate, ServiceMetrics
from veritune.serve.openapi import description
from veritune.serve.places import Places
from veritune.serve.settings import ServeSettings
from veritune.serve.work import Reply, Work, refusal
from veritune.version import __version__

B = TypeVar("B", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]
GETS = ("/health", "/metrics", "/openapi.json")


def make_service(settings: ServeSettings, token: str | None) -> Starlette:
    """The application; what it stands on is opened and closed by its lifespan."""
    named = settings.problems
    rows = RowProblems(read_problems(named, settings.columns) if named else ())
    metrics = ServiceMetrics()
    work = Work(settings, metrics, rows)
    places = Places(settings.capacity, _bytes(settings.max_bodies_mb))

    def post(shape: type[B], do: Callable[[B], Awaitable[Reply]]) -> Endpoint:
        return _endpoint(settings, places, shape, do)

    posts: dict[str, Endpoint] = {
        "/verify": post(VerifyBody, work.verify),
        "/verify/batch": post(BatchBody, work.verify_batch),
        "/run_code": post(RunCodeBody, work.run_code),
        "/openrlhf": post(OpenRlhfBody, work.openrlhf),
    }

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__, "candidates": places.taken})

    async def figures(request: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def openapi(request: Request) -> Response:
        return JSONResponse(description(token is not None))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with work.opened():
            yield

    gets = dict(zip(GETS, (health, figures, openapi), strict=True))
    paths = frozenset((*posts, *gets))
    return Starlette(
        routes=[
            *(Route(path, endpoint, methods=["POST"]) for path, endpoint in posts.items()),
            *(Route(path, endpoint, methods=["GET"]) for path, endpoint in gets.items()),
        ],
        middleware=[Middleware(Gate, token=token, metrics=metrics, paths=paths)],
        exception_handlers={HTTPException: _as_json},
        lifespan=lifespan,
    )


def _endpoint(
    settings: ServeSettings,
    places: Places,
    shape: type[B],
    do: Callable[[B], Awaitable[Reply]],
) -> Endpoint:
    """An endpoint that reads a body of this shape, within all limits."""

    async def answer(request: Request) -> Response:
        # The first place before the body is read: who cannot be taken on need not send it.
        with (
            places.take(1),
            places.body(
                request, most=_bytes(settings.max_body_mb), seconds=settings.body_seconds
            ) as body,
        ):
            asked = read_body(await body.read(), shape)
            count = _count(asked)
            if count > min(settings.max_batch, settings.capacity):
                raise HTTPException(422, f"more than {settings.max_batch} candidates in a request")
            with places.take(max(0, count - 1)):
                return JSONResponse(await _in_time(do(asked), settings.request_seconds))

    return answer


async def _in_time(work: Awaitable[Reply], seconds: float) -> Reply:
    try:
        async with asyncio.timeout(seconds) as limit:
            return await work
    except Exception as error:
        if limit.expired():
            raise HTTPException(504, f"took longer than {seconds:g} s") from None
        raise refusal(error) from None


def _count(asked: BaseModel) -> int:
    if isinstance(asked, BatchBody):
        return len(asked.items)
    return len(asked.query) if isinstance(asked, OpenRlhfBody) else 1


async def _as_json(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _bytes(megabytes: float) -> int:
    return int(megabytes * (1 << 20))
