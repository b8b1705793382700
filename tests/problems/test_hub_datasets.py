"""Data sets by hub name, from a small hub of our own that serves published-like files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub import COMMITS, serving

CARD = """---
configs:
- config_name: main
  default: true
  data_files:
  - {split: train, path: train.jsonl}
  - {split: test, path: test.jsonl}
- config_name: hard
  data_files:
  - {split: test, path: hard.jsonl}
---
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folders = {name: tmp_path_factory.mktemp(name) for name in COMMITS}
    for name, folder in folders.items():
        (folder / "README.md").write_text(CARD)
        for part, answer in (("train", "1"), ("test", "2"), ("hard", "3")):
            row = {"question": f"{part} of {name}?", "answer": f"So it is so. #### {answer}"}
            (folder / f"{part}.jsonl").write_text(json.dumps(row) + "\n")
    with serving(folders) as address:
        yield address


def first_rows(endpoint: str, home: Path, *names: str) -> list[str]:
    """What each name's first row asks, or why there is none; in a process that knows this hub."""
    code = """
import json, sys
from veritune.errors import InputError
from veritune.problems.rows import read_rows
for name in sys.argv[1:]:
    try:
        where, row = next(read_rows(name, "test"))
        print(json.dumps(row["question"]))
    except InputError as error:
        print(json.dumps(str(error)))
"""
    own = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", code, *names]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=dict(os.environ, **own)
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_a_name_says_configuration_split_and_revision(endpoint: str, tmp_path: Path) -> None:
    asked = {
        "me/tiny": "test of main?",
        "me/tiny:main:train": "train of main?",
        "me/tiny:hard": "hard of main?",
        "me/tiny:main:train@v1": "train of v1?",
        "me/tiny@v1": "test of v1?",
    }
    missing = ("me/other", "me/tiny@v9", "me/tiny:soft")
    rows = first_rows(endpoint, tmp_path, *asked, *missing)
    assert rows[: len(asked)] == list(asked.values())
    for name, row in zip(missing, rows[len(asked) :], strict=True):
        assert row.startswith(name.partition(":")[0]) and "not loaded as a hub data set" in row


@pytest.mark.slow
def test_what_is_kept_serves_without_the_hub_but_no_revision_does(
    endpoint: str, tmp_path: Path
) -> None:
    nowhere, name = "http://127.0.0.1:9", "me/tiny:main:train"
    assert "the hub cannot be reached" in first_rows(nowhere, tmp_path, name)[0]
    assert first_rows(endpoint, tmp_path, name) == ["train of main?"]
    kept, revision = first_rows(nowhere, tmp_path, name, f"{name}@v1")
    assert kept == "train of main?"
    assert "the hub cannot be reached" in revision
