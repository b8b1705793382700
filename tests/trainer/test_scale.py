"""A training that is killed, and one in two processes, end as the plain one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from veritune.config import ScratchConfig
from veritune.models import build_scratch, policy_hash, save_policy

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
WORKER = Path(__file__).with_name("training_worker.py")
PATIENCE = 240.0


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the start and the result of an uninterrupted training in one process."""
    folder = tmp_path_factory.mktemp("plain")
    save_policy(*build_scratch(TINY, 0), folder / "start")
    subprocess.run(words(folder, folder), check=True, timeout=PATIENCE)
    return folder


def words(plain: Path, out: Path, seconds: float = 0.0) -> list[str]:
    places = [plain / "start", out / "out", out / "trace"]
    return [sys.executable, str(WORKER), *map(str, places), str(seconds)]


def trace(folder: Path) -> list[tuple[int, float]]:
    file = folder / "trace"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(step), float(loss)) for step, loss in (line.split() for line in lines)]


@pytest.mark.slow
def test_a_training_killed_in_the_middle_goes_on_to_the_same_weights(
    plain: Path, tmp_path: Path
) -> None:
    training = subprocess.Popen(words(plain, tmp_path, 0.05))
    started = time.monotonic()
    while len(trace(tmp_path)) < 24 and time.monotonic() - started < PATIENCE:
        assert training.poll() is None
        time.sleep(0.01)
    os.kill(training.pid, signal.SIGKILL)
    training.wait()
    assert not (tmp_path / "out").exists()
    killed_at = len(trace(tmp_path))
    subprocess.run(words(plain, tmp_path), check=True, timeout=PATIENCE)
    resumed = trace(tmp_path)[killed_at:]
    assert 1 < resumed[0][0] <= killed_at + 1
    assert resumed == trace(plain)[resumed[0][0] - 1 :]
    assert policy_hash(tmp_path / "out") == policy_hash(plain / "out")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_two_processes_train_as_one(plain: Path, tmp_path: Path) -> None:
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*run, *words(plain, tmp_path)[1:]], check=True, timeout=PATIENCE, env=environment
    )
    ours, theirs = trace(tmp_path), trace(plain)
    assert len(ours) == 50
    assert [loss for _, loss in ours] == pytest.approx([loss for _, loss in theirs], abs=1e-5)
    assert (tmp_path / "out" / "config.json").is_file()
