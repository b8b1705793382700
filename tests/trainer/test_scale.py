"""A training that is killed, and one in two processes, end as the plain one does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

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


def in_two_processes(plain: Path, out: Path, *more: str, seconds: float = 0.0) -> list[str]:
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    return [*run, *words(plain, out, seconds)[1:], *more]


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["shard"]])
def test_two_processes_train_as_one(plain: Path, tmp_path: Path, more: list[str]) -> None:
    command = in_two_processes(plain, tmp_path, *more)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, timeout=PATIENCE, env=environment)
    ours, theirs = trace(tmp_path), trace(plain)
    assert len(ours) == 50
    assert [loss for _, loss in ours] == pytest.approx([loss for _, loss in theirs], abs=1e-5)
    mine, plains = (load_file(f / "out" / "model.safetensors") for f in (tmp_path, plain))
    assert mine.keys() == plains.keys()
    assert all(torch.allclose(mine[name], plains[name], atol=1e-4) for name in mine)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_a_training_in_pieces_goes_on_and_in_one_process_too(plain: Path, tmp_path: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = in_two_processes(plain, tmp_path, "shard", seconds=0.1)
    training = subprocess.Popen(command, env=environment)
    started = time.monotonic()
    while len(trace(tmp_path)) < 24 and time.monotonic() - started < PATIENCE:
        assert training.poll() is None
        time.sleep(0.01)
    children = Path(f"/proc/{training.pid}/task/{training.pid}/children").read_text().split()
    assert len(children) == 2
    for pid in (training.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    training.wait()
    killed_at = len(trace(tmp_path))
    copy = tmp_path / "alone"
    shutil.copytree(tmp_path / ".out.state", copy / ".out.state")
    subprocess.run(in_two_processes(plain, tmp_path, "shard"), check=True, env=environment)
    subprocess.run(words(plain, copy), check=True, timeout=PATIENCE)
    resumed, alone = trace(tmp_path)[killed_at:], trace(copy)
    assert 1 < resumed[0][0] <= killed_at + 1
    wanted = [loss for _, loss in trace(plain)[resumed[0][0] - 1 :]]
    assert [loss for _, loss in resumed] == pytest.approx(wanted, abs=1e-5)
    assert [loss for _, loss in alone] == pytest.approx(wanted, abs=1e-5)
