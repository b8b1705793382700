"""The project's own files: one `Problem` a line, in jsonl, jsonl.zst or parquet."""

from __future__ import annotations

import json

from veritune.errors import RecordError
from veritune.problems.rows import Row
from veritune.records import Problem


def from_row(row: Row) -> Problem:
    """Checked strictly: unknown keys and wrong types are refused."""
    where, values = row
    try:
        return Problem.from_line(json.dumps(values))
    except RecordError as error:
        raise RecordError(f"{where}: {error}") from None
