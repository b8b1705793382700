"""Records as the store keeps them: compressed JSON.

A record alone is too short to compress well, so all share a dictionary of what every record says.
The dictionary is part of the format: another one needs another `database.VERSION`.
"""

from __future__ import annotations

import threading

from zstandard import (
    DICT_TYPE_RAWCONTENT,
    ZstdCompressionDict,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
)

from veritune.errors import DamagedRunError

# Level 1 takes about 6 microseconds for a record of 1.7 kB; level 3 takes twice that for 3% less.
LEVEL = 1
# What follows most often stands last: there zstd needs the fewest bits for it.
DICTIONARY = (
    b'", "parts": [{"name": "", "tests": [{"name": "", "outcome": "runtime error", "cpu_ms": '
    b'"outcome": "wrong answer", "reason": "expected ", "outcome": "accepted", "visible": true}, '
    b'"flags": [{"name": "", "degree": "suspicious"}], "trust": "lower", "peak_memory_mb": '
    b'"evidence": {"kind": "derivation", "checker": "rules"}}, {"start": 0, "end": 1, '
    b'"label": "unchecked", "reason": "", "label": "incorrect", "label": "consistent", '
    b'"label": "verified", "evidence": {"kind": "arithmetic", "checker": "rules"}}], "steps": [{'
    b'"start": 10, "end": 100, "token_ids": [1, 2], "logprobs": [-0.1, -0.02], "finish_reason": '
    b'"length", "policy": "0123456789abcdef", "reason": "no answer found", "outcome": "error", '
    b'"score": null, "outcome": "failed", "score": 0.0, "reason": "", "answer": "", '
    b'"output": "", "outcome": "passed", "score": 1.0, "seconds": 0.00, "cpu_ms": 1.0}'
    b'{"problem_id": "train-00000", "index": 10, "text": " the answer is \\\\boxed{}\\n\\n", '
    b'"finish_reason": "stop", "round": 1}'
)


class _Codecs(threading.local):
    """A compressor and a decompressor for each thread: they must not be shared."""

    def __init__(self) -> None:
        shared = ZstdCompressionDict(DICTIONARY, dict_type=DICT_TYPE_RAWCONTENT)
        self.compress = ZstdCompressor(level=LEVEL, dict_data=shared, write_dict_id=False).compress
        self.decompress = ZstdDecompressor(dict_data=shared).decompress


_codecs = _Codecs()


def pack(record: bytes) -> bytes:
    """The bytes of one record's JSON."""
    return _codecs.compress(record)


def unpack(data: bytes) -> bytes:
    """The record's JSON; raises `DamagedRunError` where `data` was not made by `pack`."""
    try:
        return _codecs.decompress(data)
    except (ZstdError, TypeError) as error:
        raise DamagedRunError(f"journal.sqlite: a record cannot be read ({error})") from None
