"""Hub names with a revision, from a small hub of our own that serves a saved model."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import pytest
from http_server import Handler, served

from veritune.config import ScratchConfig
from veritune.models import build_scratch, policy_hash, save_policy

COMMITS = {"main": "a" * 40, "v1": "b" * 40}


class Hub(Handler):
    """Answers what a snapshot is asked for with: a revision's files, and each of them."""

    folders: ClassVar[dict[str, Path]]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[:4] == ["api", "models", "me", "tiny"]:
            named = parts[5] if parts[4:5] in (["revision"], ["tree"]) else "main"
            return self.listed(self.named(named), tree=parts[4:5] == ["tree"])
        if parts[:3] == ["me", "tiny", "resolve"]:
            name = self.named(parts[3])
            file = self.folders[name] / "/".join(parts[4:])
            return self.give(200, file.read_bytes(), COMMITS[name])
        self.give(404, b"{}", "", error="RepoNotFound")

    def named(self, revision: str) -> str:
        """A branch by its name or commit."""
        return {commit: name for name, commit in COMMITS.items()}.get(revision, revision)

    def listed(self, revision: str, *, tree: bool) -> None:
        if revision not in self.folders:
            return self.give(404, b"{}", "", error="RevisionNotFound")
        files = sorted(p for p in self.folders[revision].iterdir() if p.is_file())
        rows = [{"rfilename": file.name} for file in files]
        if tree:
            entries = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0" * 40}
                for file in files
            ]
            return self.give(200, json.dumps(entries).encode(), COMMITS[revision])
        found = {"id": "me/tiny", "modelId": "me/tiny", "sha": COMMITS[revision], "siblings": rows}
        self.give(200, json.dumps(found).encode(), COMMITS[revision])

    def give(self, code: int, data: bytes, commit: str, *, error: str = "") -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()}"'
        named = {"ETag": tag, "X-Repo-Commit": commit}
        self.answer(data, code, named | ({"X-Error-Code": error} if error else {}))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Path]]]:
    folder = tmp_path_factory.mktemp("hub")
    shape = ScratchConfig(layers=1, width=16, heads=2, max_length=32)
    for seed, name in enumerate(COMMITS):
        save_policy(*build_scratch(shape, seed), folder / name)
    folders = {name: folder / name for name in COMMITS}
    with served(Hub, folders=folders) as (url, _):
        yield url, folders


def asked(endpoint: str, home: Path, name: str) -> subprocess.CompletedProcess[str]:
    """The content hash of a hub model, in a process of its own: the hub's address is read once."""
    code = """
import sys
from veritune.errors import ModelError
from veritune.models import policy_hash
try:
    print(policy_hash(sys.argv[1]))
except ModelError as error:
    sys.exit(str(error))
"""
    own = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", code, name]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=dict(os.environ, **own)
    )


@pytest.mark.slow
def test_a_name_is_its_main_branch_and_a_revision_is_another_model(
    hub: tuple[str, dict[str, Path]], tmp_path: Path
) -> None:
    endpoint, folders = hub
    for name, revision in (("me/tiny", "main"), ("me/tiny@v1", "v1")):
        done = asked(endpoint, tmp_path, name)
        assert done.stdout.strip() == policy_hash(folders[revision]), done.stderr
    gone = asked(endpoint, tmp_path, "me/tiny@v9")
    assert gone.returncode == 1 and "no revision 'v9'" in gone.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_hub_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    gone = asked("http://127.0.0.1:9", tmp_path, "me/tiny@v1")
    (line,) = gone.stderr.splitlines()
    assert "the hub cannot be reached" in line and "give a local model folder" in line
