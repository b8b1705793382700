"""Several processes on a CPU train as one, whole or in pieces, and resume as another number.

Every training of a test, and those that several tests look at, run one after the other in the same
processes.
"""

import shutil
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from warm import Warm, together

from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy

WORKER = Path(__file__).with_name("preference_worker.py")
PATIENCE = 840.0
KINDS = ["ppo", "critic", "grpo", "dpo", "reward"]
# Processes, and whether each holds pieces of the model only.
LAYOUTS = [(1, "whole"), (2, "whole"), (2, "shard"), (4, "shard")]
Trace = list[tuple[int, float]]
Job = tuple[str, Path, Path]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
    folder = tmp_path_factory.mktemp("start") / "start"
    save_policy(*build_scratch(shape, 0), folder)
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, start: Path) -> Path:
    """Every kind in every layout, at KIND/PROCESSES-LAYOUT."""
    folder = tmp_path_factory.mktemp("trained")
    for kind in KINDS:
        (folder / kind).mkdir()
    for processes, layout in LAYOUTS:
        name = f"{processes}-{layout}"
        train(processes, layout, *((kind, start, folder / kind / name) for kind in KINDS))
    return folder


def begin(processes: int, layout: str, *jobs: Job, pause: float = 0.0) -> list[Warm]:
    words = [WORKER, pause, layout, *(word for job in jobs for word in job)]
    return together(processes, *words) if processes > 1 else [Warm(*words)]


def train(processes: int, layout: str, *jobs: Job) -> None:
    for process in begin(processes, layout, *jobs):
        assert process.wait(PATIENCE) == 0, process.said()


def trace(out: Path) -> Trace:
    file = out.with_suffix(".txt")
    lines = file.read_text().splitlines() if file.exists() else []
    return [(int(step), float(loss)) for step, loss in map(str.split, lines)]


def losses(out: Path) -> list[float]:
    return [loss for _, loss in trace(out)]


@pytest.mark.parametrize("kind", KINDS)
def test_two_and_four_processes_train_as_one(trained: Path, kind: str) -> None:
    one = trained / kind / "1-whole"
    wanted, theirs = losses(one), load_file(one / "model.safetensors")
    assert len(wanted) == 50
    for processes, layout in LAYOUTS[1:]:
        out = trained / kind / f"{processes}-{layout}"
        assert losses(out) == pytest.approx(wanted, abs=1e-5)
        ours = load_file(out / "model.safetensors")
        assert ours.keys() == theirs.keys()
        assert all(torch.allclose(ours[name], theirs[name], atol=1e-4) for name in ours)


def test_a_killed_training_resumes_in_another_number_of_processes(
    tmp_path: Path, start: Path, trained: Path
) -> None:
    kinds = ["dpo", "reward"]
    for kind in kinds:
        kill_half_way((kind, start, tmp_path / kind))
    for processes, layout in ((1, "whole"), (4, "shard")):
        again = [(kind, start, tmp_path / f"{kind}{processes}") for kind in kinds]
        for kind, _, out in again:
            shutil.copytree(tmp_path / f".{kind}.state", tmp_path / f".{out.name}.state")
        train(processes, layout, *again)
        for kind, _, out in again:
            wanted, resumed = dict(trace(trained / kind / "1-whole")), trace(out)
            assert 1 < resumed[0][0] <= 25 and resumed[-1][0] == 50
            assert losses(out) == pytest.approx([wanted[step] for step, _ in resumed], abs=1e-5)


def kill_half_way(job: Job) -> None:
    """Two processes with a piece of the model each, killed once they have done 24 steps of 50."""
    training = begin(2, "shard", job, pause=0.1)
    begun = time.monotonic()
    while len(trace(job[2])) < 24 and time.monotonic() - begun < PATIENCE:
        assert all(process.poll() is None for process in training)
        time.sleep(0.01)
    for process in training:
        process.kill()


def test_a_next_round_resumes_in_another_number_of_processes(tmp_path: Path, trained: Path) -> None:
    kinds = ["critic", "grpo"]
    jobs: dict[str, list[Job]] = {
        name: [(kind, trained / kind / before, tmp_path / f"{kind}-{name}") for kind in kinds]
        for name, before in (("a", "1-whole"), ("b", "2-shard"), ("c", "1-whole"))
    }
    train(1, "whole", *jobs["a"], *jobs["b"])
    train(2, "whole", *jobs["c"])
    for kind in kinds:
        whole, cut, several = (losses(tmp_path / f"{kind}-{name}") for name in "abc")
        assert len(whole) == 50
        # Round two begins where two trainings ended that rounding had kept apart.
        assert cut == pytest.approx(whole, abs=1e-4)
        assert several == pytest.approx(whole, abs=1e-5)
