"""A small hub of our own that serves folders as the revisions of one repository, `me/tiny`."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

COMMITS = {"main": "a" * 40, "v1": "b" * 40}


class Hub(BaseHTTPRequestHandler):
    """Answers what a snapshot is asked for with: a revision's files, and each of them."""

    folders: ClassVar[dict[str, Path]]

    def do_HEAD(self) -> None:
        self.serve(body=False)

    def do_GET(self) -> None:
        self.serve(body=True)

    def do_POST(self) -> None:
        """Which of the paths asked for there are."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
        parts = self.parts()
        if parts[:4] != ["api", "datasets", "me", "tiny"] or parts[4] != "paths-info":
            return self.answer(404, b"{}", "", error="RepoNotFound")
        revision = self.named(parts[5])
        known = {entry["path"]: entry for entry in self.entries(revision)}
        found = [known[path] for path in asked["paths"] if path in known]
        self.answer(200, json.dumps(found).encode(), COMMITS[revision])

    def serve(self, *, body: bool) -> None:
        parts = self.parts()
        if parts[:1] == ["api"] and parts[2:4] == ["me", "tiny"]:
            named = parts[5] if parts[4:5] in (["revision"], ["tree"]) else "main"
            return self.listed(self.named(named), tree=parts[4:5] == ["tree"])
        if parts[:1] == ["datasets"]:
            parts = parts[1:]
        if parts[:3] == ["me", "tiny", "resolve"]:
            name = self.named(parts[3])
            if name not in self.folders:
                return self.answer(404, b"{}", "", body=body, error="RevisionNotFound")
            file = self.folders[name] / "/".join(parts[4:])
            if file.is_file():
                return self.answer(200, file.read_bytes(), COMMITS[name], body=body)
            return self.answer(404, b"{}", "", body=body, error="EntryNotFound")
        self.answer(404, b"{}", "", body=body, error="RepoNotFound")

    def parts(self) -> list[str]:
        return unquote(urlsplit(self.path).path).strip("/").split("/")

    def named(self, revision: str) -> str:
        """A branch by its name or commit."""
        return {commit: name for name, commit in COMMITS.items()}.get(revision, revision)

    def entries(self, revision: str) -> list[dict[str, object]]:
        files = sorted(p for p in self.folders[revision].iterdir() if p.is_file())
        return [
            {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0" * 40}
            for file in files
        ]

    def listed(self, revision: str, *, tree: bool) -> None:
        if revision not in self.folders:
            return self.answer(404, b"{}", "", error="RevisionNotFound")
        entries = self.entries(revision)
        if tree:
            return self.answer(200, json.dumps(entries).encode(), COMMITS[revision])
        rows = [{"rfilename": entry["path"]} for entry in entries]
        found = {"id": "me/tiny", "modelId": "me/tiny", "sha": COMMITS[revision], "siblings": rows}
        self.answer(200, json.dumps(found).encode(), COMMITS[revision])

    def answer(
        self, code: int, data: bytes, commit: str, *, body: bool = True, error: str = ""
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        if error:
            self.send_header("X-Error-Code", error)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folders: dict[str, Path]) -> Iterator[str]:
    """The address of a hub whose revisions, of `COMMITS`, hold these folders' files."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Hub,), {"folders": folders}))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
