"""A journal larger than 1 GiB: it has a page that sqlite never writes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from veritune.errors import DamagedRunError
from veritune.store.pages import PageLog, check_pages, write_pages

GIB = 1 << 30


@pytest.mark.slow
def test_the_page_that_sqlite_locks_at_is_not_taken_for_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    # Large pages, since there are few of them then.
    db.execute("pragma page_size = 65536")
    db.execute("pragma journal_mode = wal")
    db.execute("create table blobs (blob blob)")
    for size in (GIB // 2, GIB // 2 - (1 << 20)):
        db.execute("insert into blobs values (zeroblob(?))", (size,))
    db.commit()
    db.execute("pragma wal_checkpoint(truncate)")
    log = PageLog(path, write_pages(path))
    db.execute("insert into blobs values (zeroblob(?))", (4 << 20,))
    db.commit()
    log.note()
    # In the log only, and then in the database.
    check_pages(path)
    db.execute("pragma wal_checkpoint(passive)")
    assert path.stat().st_size > GIB
    check_pages(path)
    with path.open("r+b") as stream:
        stream.seek(GIB + 65536 + 100)
        stream.write(b"damage")
    with pytest.raises(DamagedRunError, match="page 16386 is not what was written"):
        check_pages(path)
    log.close()
    db.close()
