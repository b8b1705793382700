"""Replies of a language model that is asked, kept in a file so that nothing is asked twice."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from veritune.errors import UnwritableError


class ReplyCache:
    """Replies by what was asked; its methods may be called from several threads at once.

    A reply is on disk when `put` returns, and a process that is killed loses none. Without a path
    they are kept in memory.
    """

    def __init__(self, path: str | Path | None) -> None:
        self._lock = threading.Lock()
        try:
            self._file = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=60)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL)"
            )
        except sqlite3.Error as error:
            raise UnwritableError(
                f"{path}: no file of replies can be kept there ({error})"
            ) from None

    def get(self, key: str) -> object:
        """The reply as JSON, if there is one."""
        with self._lock:
            row = self._file.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, reply: object) -> None:
        """Keep a reply."""
        try:
            with self._lock, self._file:
                self._file.execute(
                    "INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, json.dumps(reply))
                )
        except sqlite3.Error as error:
            raise UnwritableError(f"replies cannot be kept ({error}); make room") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def key_of(body: Mapping[str, object], vote: int) -> str:
    """Names a question by all that its reply depends on, and which of its replies is meant."""
    text = json.dumps([vote, body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
