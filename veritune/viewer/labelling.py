"""A sample of `veritune audit` that a person labels in the browser: the one page that writes.

Only the labels of the one file are written, and only by requests that a page of another site cannot
send: from this host, with a header of ours, as JSON.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from veritune.errors import InputError, RecordError, VerituneError
from veritune.files import iter_rows, write_lines
from veritune.report import visible
from veritune.text import parse_json
from veritune.viewer.app import Guard, page_file
from veritune.viewer.asking import whole_number

Json = dict[str, object]
LABELS = ("right", "wrong", "")
# Of every row that `veritune audit` writes.
KEYS = ("label", "problem_id", "index", "problem", "reference", "text", "outcome", "stratum")
WRITE_PATH, LARGEST_BODY = "/api/label", 1_000


class LabelFile:
    """The rows of a sample; a label is on disk when `put` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = [row for _, row in iter_rows(path)]
        self._lock = threading.Lock()
        for number, row in enumerate(self.rows, 1):
            lacking = [key for key in KEYS if key not in row]
            if lacking:
                raise RecordError(
                    f"{path}:{number}: no {lacking[0]}; give the sample that veritune audit drew"
                )
        if not self.rows:
            raise RecordError(f"{path}: empty; give the sample that veritune audit drew")
        self._stamp = self._seen()

    def put(self, at: int, label: str) -> None:
        """Write a label; raises `InputError` where somebody else has changed the file meanwhile."""
        if label not in LABELS or not 0 <= at < len(self.rows):
            raise InputError(
                f"label: expected right, wrong or nothing, of a row below {self.count}"
            )
        with self._lock:
            if self._seen() != self._stamp:
                raise InputError(f"{self.path}: was changed meanwhile; start again to read it")
            changed = [*self.rows]
            changed[at] = self.rows[at] | {"label": label}
            write_lines(self.path, (json.dumps(row, ensure_ascii=False) for row in changed))
            self.rows, self._stamp = changed, self._seen()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def labels(self) -> list[str]:
        """The label of every row: right, wrong, or nothing."""
        return [str(row["label"] or "").strip().lower() for row in self.rows]

    def row_json(self, at: int) -> Json:
        """One row for the page."""
        if at >= self.count:
            raise InputError(f"at: there are {self.count} rows")
        row = self.rows[at]
        reference = row["reference"]
        known = reference if isinstance(reference, str) else json.dumps(reference, indent=1)
        shown = {key: visible(str(row.get(key) or "")) for key in ("problem", "text", "reason")}
        return shown | {
            "at": at,
            "id": visible(str(row["problem_id"])),
            "index": row["index"],
            "reference": visible(known),
            "math": isinstance(reference, str),
            "outcome": visible(str(row["outcome"])),
            "label": self.labels()[at],
        }

    def _seen(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_mtime_ns, found.st_size


def make_label_app(file: LabelFile) -> ASGIApp:
    """The application over one sample."""

    def labels(request: Request) -> Response:
        return JSONResponse({"name": visible(file.path.name), "labels": file.labels()})

    def row(request: Request) -> Response:
        return _answered(lambda: file.row_json(whole_number(request.query_params, "at")))

    async def write(request: Request) -> Response:
        body = await request.body()
        return _answered(lambda: _written(file, body))

    def page(request: Request) -> Response:
        return page_file(request.path_params.get("name") or "label.html")

    routes = [
        Route("/api/labels", labels),
        Route("/api/row", row),
        Route(WRITE_PATH, write, methods=["POST"]),
        Route("/", page),
        Route("/{name}", page),
    ]
    return Guard(Starlette(routes=routes), writes=WRITE_PATH)


def _written(file: LabelFile, body: bytes) -> Json:
    try:
        asked = parse_json(body) if len(body) <= LARGEST_BODY else None
    except ValueError as error:
        raise InputError(f"body: {error}") from None
    at, label = (asked.get("at"), asked.get("label")) if isinstance(asked, dict) else (None, None)
    if type(at) is not int or not isinstance(label, str):
        raise InputError('body: expected {"at": row, "label": "right", "wrong" or ""}')
    file.put(at, label)
    return {"labels": file.labels()}


def _answered(answer: Callable[[], Json]) -> Response:
    try:
        return JSONResponse(answer())
    except VerituneError as error:
        return JSONResponse({"error": visible(str(error))}, status_code=400)
