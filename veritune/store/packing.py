"""Records as the store keeps them: compressed JSON.

A record alone is too short to compress well, so all share a dictionary of what every record says.
The dictionary is part of the format: another one needs another `database.VERSION`.
"""

from __future__ import annotations

import threading
from pathlib import Path

from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor, ZstdError

from veritune.errors import DamagedRunError

# Level 1 takes 5 microseconds for a text of 1 kB; level 3 takes twice that for 1% less.
LEVEL = 1
# Trained by `tests/store/train_dictionary.py`. Besides what records say, it has the tables of codes
# that zstd else makes for each record, which takes longer than all else of it.
DICTIONARY = Path(__file__).with_name("records.zdict").read_bytes()


class _Codecs(threading.local):
    """A compressor and a decompressor for each thread: they must not be shared."""

    def __init__(self) -> None:
        shared = ZstdCompressionDict(DICTIONARY)
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
