"""Several processes on a CPU train as one, whole or in pieces, and resume as another number."""

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
from veritune.models import build_scratch, save_policy

WORKER = Path(__file__).with_name("preference_worker.py")
ALONE = {"OMP_NUM_THREADS": "1"}
PATIENCE = 280.0
Trace = list[tuple[int, float]]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
    folder = tmp_path_factory.mktemp("start") / "start"
    save_policy(*build_scratch(shape, 0), folder)
    return folder


def words(kind: str, start: Path, out: Path, processes: int, *more: str) -> list[str]:
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    places = [start, out, out.with_suffix(".txt")]
    command = [str(WORKER), kind, *map(str, places), *(more or ("0",))]
    return [sys.executable, *(launcher if processes > 1 else []), *command]


def trained(kind: str, start: Path, out: Path, processes: int, *more: str) -> Trace:
    command = words(kind, start, out, processes, *more)
    subprocess.run(command, check=True, timeout=PATIENCE, env=os.environ | ALONE)
    return trace(out)


def trace(out: Path) -> Trace:
    file = out.with_suffix(".txt")
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(step), float(loss)) for step, loss in map(str.split, lines)]


def losses(found: Trace) -> list[float]:
    return [loss for _, loss in found]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["ppo", "critic", "grpo", "dpo", "reward"])
def test_two_and_four_processes_train_as_one(tmp_path: Path, start: Path, kind: str) -> None:
    one = tmp_path / "one"
    wanted = losses(trained(kind, start, one, 1))
    assert len(wanted) == 50
    for processes, more in ((2, ()), (2, ("0", "shard")), (4, ()), (4, ("0", "shard"))):
        out = tmp_path / f"{processes}{len(more)}"
        assert losses(trained(kind, start, out, processes, *more)) == pytest.approx(
            wanted, abs=1e-5
        )
        ours, theirs = (load_file(folder / "model.safetensors") for folder in (one, out))
        assert ours.keys() == theirs.keys()
        assert all(torch.allclose(ours[name], theirs[name], atol=1e-4) for name in ours)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["dpo", "reward"])
def test_a_killed_training_resumes_in_another_number_of_processes(
    tmp_path: Path, start: Path, kind: str
) -> None:
    wanted = dict(trained(kind, start, tmp_path / "one", 1))
    out = tmp_path / "out"
    command = words(kind, start, out, 2, "0.1", "shard")
    training = subprocess.Popen(command, env=os.environ | ALONE)
    begun = time.monotonic()
    while len(trace(out)) < 24 and time.monotonic() - begun < PATIENCE:
        assert training.poll() is None
        time.sleep(0.01)
    children = Path(f"/proc/{training.pid}/task/{training.pid}/children").read_text().split()
    for pid in (training.pid, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    training.wait()
    for processes, more in ((1, ()), (4, ("0", "shard"))):
        again = tmp_path / f"again{processes}"
        shutil.copytree(tmp_path / ".out.state", tmp_path / f".{again.name}.state")
        resumed = trained(kind, start, again, processes, *more)
        assert 1 < resumed[0][0] <= 25 and resumed[-1][0] == 50
        assert losses(resumed) == pytest.approx([wanted[step] for step, _ in resumed], abs=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["critic", "grpo"])
def test_a_next_round_resumes_in_another_number_of_processes(
    tmp_path: Path, start: Path, kind: str
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    trained(kind, start, one, 1)
    trained(kind, start, two, 2, "0", "shard")
    found = [
        losses(trained(kind, folder, tmp_path / f"after-{folder.name}-{processes}", processes))
        for folder, processes in ((one, 1), (two, 1), (one, 2))
    ]
    # Round two begins where two trainings ended that rounding had kept apart.
    assert found[1] == pytest.approx(found[0], abs=1e-4)
    assert found[2] == pytest.approx(found[0], abs=1e-5)
