"""Training benchmarks: each side runs as its own users run it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from veritune.benchmarks.benchmark_process import WAITING, in_turn
from veritune.cli import WAITING as CHOSEN

SIDE = """
import json, os, sys
task = json.loads(sys.argv[1])
spins = float(os.environ.get("GOMP_SPINCOUNT", -1))
print(json.dumps({"tokens": task["tokens"], "seconds": spins, "peak_mb": 1}))
"""


def test_a_peer_does_not_inherit_how_our_threads_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one_side.py").write_text(SIDE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert set(WAITING) == set(CHOSEN)
    monkeypatch.setenv("GOMP_SPINCOUNT", "11")
    peers = {"peer": [sys.executable, "-c", SIDE]}
    found = in_turn("one_side", peers, {"threads": 1, "tokens": 5}, repeats=2)
    assert [row["seconds"] for row in found["veritune"]] == [11, 11]
    assert [row["seconds"] for row in found["peer"]] == [-1, -1]
    assert {row["tokens"] for rows in found.values() for row in rows} == {5}
