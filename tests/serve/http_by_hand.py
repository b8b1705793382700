"""The service in a process of its own, and requests by hand: slow, broken and many at once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

HALF = {"prompt": "1/2=", "answer": "0.5"}


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)


@contextmanager
def running(*words: str, **environment: str) -> Iterator[Running]:
    """`veritune serve` until the end of the block."""
    command = [sys.executable, "-m", "veritune", "serve", "--port", "0", *words]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            assert "serving on http://" in said, said + process.stdout.read()
            yield Running(process, int(said.rsplit(":", 1)[1]))
        finally:
            if process.poll() is None:
                process.kill()


@dataclass
class HttpReply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Connection:
    """One connection, on which a request is written piece by piece."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        with suppress(ConnectionError):  # a server that refuses does not read to the end
            await self.writer.drain()

    async def reply(self) -> HttpReply:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])
        }
        body = await self.reader.readexactly(int(headers["content-length"]))
        self.writer.close()
        return HttpReply(int(head[0].split()[1]), headers, body)


def head(path: str, length: int | None, *more: str, method: str = "POST") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        *more,
    ]
    lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def post(port: int, path: str, body: object, *more: str) -> HttpReply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = await Connection.to(port)
    await connection.send(head(path, len(data), *more) + data)
    return await connection.reply()


async def get(port: int, path: str, *more: str) -> HttpReply:
    connection = await Connection.to(port)
    await connection.send(head(path, 0, *more, method="GET"))
    return await connection.reply()
