"""Frames: a four-byte length, then that many bytes of JSON."""

from __future__ import annotations

import json
import os
from _json import encode_basestring_ascii, make_encoder, make_scanner
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

# From the client, who is trusted: a large test suite with its files fits.
MAX_JOB = 256 << 20
# From a candidate, who is not: a frame is held whole, decoded, and compared.
MAX_FRAME = 16 << 20
# The parts in C of `json`'s classes, whose methods make one for every frame and touch more memory.
# What is written holds no cycle. (cycles, default, texts, indent, separators, sorted, skip, NaN)
_refuse, _texts = json.JSONEncoder().default, encode_basestring_ascii
_encode = make_encoder(None, _refuse, _texts, None, ":", ",", False, False, True)
_decode = make_scanner(cast("make_scanner", json.JSONDecoder()))


class BrokenFrameError(Exception):
    """The other side sent something that is no frame."""


def write(fd: int, data: bytes) -> None:
    """Write one frame whole."""
    whole = framed(data)
    sent = os.write(fd, whole)
    while sent < len(whole):
        sent += os.write(fd, memoryview(whole)[sent:])


def framed(data: bytes) -> bytes:
    """One frame as bytes."""
    return len(data).to_bytes(4, "big") + data


def joined(parts: Sequence[bytes]) -> bytes:
    """Several texts as one, each behind its length: who takes it apart reads none of them."""
    return b"".join(map(framed, parts))


def parts(data: bytes) -> list[bytes]:
    """What `joined` was given."""
    found, at = list[bytes](), 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : end])
        at = end
    return found


def read(fd: int, limit: int) -> bytes | None:
    """One frame, or None where the other side has ended between frames."""
    head = _exactly(fd, 4)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if len(head) < 4 or size > limit:
        raise BrokenFrameError(f"a frame of {size} bytes where {limit} are allowed")
    data = _exactly(fd, size)
    if len(data) < size:
        raise BrokenFrameError("a frame that breaks off")
    return data


def _exactly(fd: int, size: int) -> bytes:
    data = os.read(fd, min(size, 1 << 20)) if size else b""
    if len(data) == size or not data:
        return data
    chunks = [data]
    size -= len(data)
    while size:
        data = os.read(fd, min(size, 1 << 20))
        if not data:
            break
        chunks.append(data)
        size -= len(data)
    return b"".join(chunks)


def dumps(value: object) -> bytes:
    """JSON as bytes; ASCII only, so that lone surrogates survive."""
    return "".join(_encode(value, 0)).encode()


def loads(data: bytes) -> Any:
    """JSON from bytes; `BrokenFrameError` for anything else."""
    try:
        text = data.decode()
        value, end = _decode(text, 0)
    except (ValueError, StopIteration, RecursionError) as error:
        raise BrokenFrameError(f"not JSON: {str(error)[:80]}") from None
    if end != len(text):
        raise BrokenFrameError("not JSON: something follows it")
    return value
