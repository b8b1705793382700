"""A training that is killed, and one in two processes, end as the plain one does."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import torch
import warm
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
    finish(warm.Warm(*words(folder, folder)))
    return folder


def words(plain: Path, out: Path, seconds: float = 0.0) -> list[object]:
    return [WORKER, plain / "start", out / "out", out / "trace", seconds]


def finish(*processes: warm.Warm) -> None:
    for process in processes:
        assert process.wait(PATIENCE) == 0, process.said()


def kill_half_way(folder: Path, *processes: warm.Warm) -> None:
    """Once they have done 24 steps of 50."""
    started = time.monotonic()
    while len(trace(folder)) < 24 and time.monotonic() - started < PATIENCE:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.01)
    for process in processes:
        process.kill()


def trace(folder: Path) -> list[tuple[int, float]]:
    file = folder / "trace"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(step), float(loss)) for step, loss in (line.split() for line in lines)]


@pytest.mark.slow
def test_a_training_killed_in_the_middle_goes_on_to_the_same_weights(
    plain: Path, tmp_path: Path
) -> None:
    kill_half_way(tmp_path, warm.Warm(*words(plain, tmp_path, 0.05)))
    assert not (tmp_path / "out").exists()
    killed_at = len(trace(tmp_path))
    finish(warm.Warm(*words(plain, tmp_path)))
    resumed = trace(tmp_path)[killed_at:]
    assert 1 < resumed[0][0] <= killed_at + 1
    assert resumed == trace(plain)[resumed[0][0] - 1 :]
    assert policy_hash(tmp_path / "out") == policy_hash(plain / "out")
    assert not list(tmp_path.glob(".*"))


def in_two(plain: Path, out: Path, *more: str, seconds: float = 0.0) -> list[warm.Warm]:
    return warm.together(2, *words(plain, out, seconds), *more)


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["shard"]])
def test_two_processes_train_as_one(plain: Path, tmp_path: Path, more: list[str]) -> None:
    finish(*in_two(plain, tmp_path, *more))
    ours, theirs = trace(tmp_path), trace(plain)
    assert len(ours) == 50
    assert [loss for _, loss in ours] == pytest.approx([loss for _, loss in theirs], abs=1e-5)
    mine, plains = (load_file(f / "out" / "model.safetensors") for f in (tmp_path, plain))
    assert mine.keys() == plains.keys()
    assert all(torch.allclose(mine[name], plains[name], atol=1e-4) for name in mine)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
def test_a_training_in_pieces_goes_on_and_in_one_process_too(plain: Path, tmp_path: Path) -> None:
    kill_half_way(tmp_path, *in_two(plain, tmp_path, "shard", seconds=0.1))
    killed_at = len(trace(tmp_path))
    copy = tmp_path / "alone"
    shutil.copytree(tmp_path / ".out.state", copy / ".out.state")
    finish(*in_two(plain, tmp_path, "shard"))
    finish(warm.Warm(*words(plain, copy)))
    resumed, alone = trace(tmp_path)[killed_at:], trace(copy)
    assert 1 < resumed[0][0] <= killed_at + 1
    wanted = [loss for _, loss in trace(plain)[resumed[0][0] - 1 :]]
    assert [loss for _, loss in resumed] == pytest.approx(wanted, abs=1e-5)
    assert [loss for _, loss in alone] == pytest.approx(wanted, abs=1e-5)
