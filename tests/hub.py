"""A small hub of our own that serves folders as the revisions of one repository, `me/tiny`."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from http_server import Handler, served

COMMITS = {"main": "a" * 40, "v1": "b" * 40}


class Hub(Handler):
    """Answers what a snapshot is asked for with: a revision's files, and each of them."""

    folders: ClassVar[dict[str, Path]]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        """Which of the paths asked for there are."""
        asked = self.body()
        parts = self.parts()
        if parts[:4] != ["api", "datasets", "me", "tiny"] or parts[4] != "paths-info":
            return self.give(404, b"{}", "", error="RepoNotFound")
        revision = self.named(parts[5])
        known = {entry["path"]: entry for entry in self.entries(revision)}
        found = [known[path] for path in asked["paths"] if path in known]
        self.give(200, json.dumps(found).encode(), COMMITS[revision])

    def do_GET(self) -> None:
        parts = self.parts()
        if parts[:1] == ["api"] and parts[2:4] == ["me", "tiny"]:
            named = parts[5] if parts[4:5] in (["revision"], ["tree"]) else "main"
            return self.listed(self.named(named), tree=parts[4:5] == ["tree"])
        if parts[:1] == ["datasets"]:
            parts = parts[1:]
        if parts[:3] == ["me", "tiny", "resolve"]:
            name = self.named(parts[3])
            if name not in self.folders:
                return self.give(404, b"{}", "", error="RevisionNotFound")
            file = self.folders[name] / "/".join(parts[4:])
            if file.is_file():
                return self.give(200, file.read_bytes(), COMMITS[name])
            return self.give(404, b"{}", "", error="EntryNotFound")
        self.give(404, b"{}", "", error="RepoNotFound")

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
            return self.give(404, b"{}", "", error="RevisionNotFound")
        entries = self.entries(revision)
        if tree:
            return self.give(200, json.dumps(entries).encode(), COMMITS[revision])
        rows = [{"rfilename": entry["path"]} for entry in entries]
        found = {"id": "me/tiny", "modelId": "me/tiny", "sha": COMMITS[revision], "siblings": rows}
        self.give(200, json.dumps(found).encode(), COMMITS[revision])

    def give(self, code: int, data: bytes, commit: str, *, error: str = "") -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()}"'
        named = {"ETag": tag, "X-Repo-Commit": commit}
        self.answer(data, code, named | ({"X-Error-Code": error} if error else {}))


@contextmanager
def serving(folders: dict[str, Path]) -> Iterator[str]:
    """The address of a hub whose revisions, of `COMMITS`, hold these folders' files."""
    with served(Hub, folders=folders) as (address, _):
        yield address
