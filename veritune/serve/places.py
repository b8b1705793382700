"""How much is taken on at a time: what is over is refused at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

# Seconds after which a client may try again: a full house of simple candidates empties in a few.
RETRY_AFTER = "2"


class Places:
    """Counts the candidates, and the bytes of requests, that are held at a time."""

    def __init__(self, candidates: int, size: int) -> None:
        self._most, self._size = candidates, size
        self.taken = self.held = 0

    @contextmanager
    def take(self, count: int) -> Iterator[None]:
        """Places for so many candidates; raises 429 where there are not as many."""
        if self.taken + count > self._most:
            raise busy(f"{self.taken} candidates wait or are verified; try again later")
        self.taken += count
        try:
            yield
        finally:
            self.taken -= count

    @contextmanager
    def body(self, request: Request, *, most: int, seconds: float) -> Iterator[HeldBody]:
        """A body to be read; what was read is counted until the end."""
        held = HeldBody(self, request, most, seconds)
        try:
            yield held
        finally:
            self.held -= held.size

    def hold(self, size: int) -> None:
        """Count bytes; raises 429 where they are too many together."""
        if self.held + size > self._size:
            raise busy("all requests together are too large; try again later")
        self.held += size


class HeldBody:
    """The body of one request."""

    def __init__(self, places: Places, request: Request, most: int, seconds: float) -> None:
        self._places, self._request = places, request
        self._most, self._seconds = most, seconds
        self.size = 0

    async def read(self) -> bytes:
        """All of it; raises 413, 408, or 415 for what does not say that it is JSON."""
        # A page of another site may send a form or text to a service on this machine, never this.
        kind = self._request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise HTTPException(415, "content-type: expected application/json")
        said = self._request.headers.get("content-length", "")
        if said.isdigit() and int(said) > self._most:
            raise self._too_large()
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in self._request.stream():
                    if self.size + len(chunk) > self._most:
                        raise self._too_large()
                    self._places.hold(len(chunk))
                    self.size += len(chunk)
                    chunks.append(chunk)
        except TimeoutError:
            # Nothing more of it is waited for.
            why = f"body: took longer than {self._seconds:g} s"
            raise HTTPException(408, why, {"Connection": "close"}) from None
        except ClientDisconnect:
            raise HTTPException(400, "body: ended too early") from None
        return b"".join(chunks)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"body: larger than {self._most} bytes")


def busy(why: str) -> HTTPException:
    """A refusal that says when to come again."""
    return HTTPException(429, why, {"Retry-After": RETRY_AFTER})
