"""Two processes on a CPU train as one: policy gradients, preferences and reward models."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy

WORKER = Path(__file__).with_name("preference_worker.py")
TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ppo", "grpo", "dpo", "reward"])
def test_two_processes_train_as_one(tmp_path: Path, kind: str) -> None:
    shape = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
    save_policy(*build_scratch(shape, 0), tmp_path / "start")
    found = []
    for name, launcher in (("one", []), ("two", TWO)):
        places = [tmp_path / "start", tmp_path / name, tmp_path / f"{name}.txt"]
        words = [sys.executable, *launcher, str(WORKER), kind, *map(str, places)]
        subprocess.run(words, check=True, timeout=280, env=os.environ | {"OMP_NUM_THREADS": "1"})
        losses = [float(line) for line in places[2].read_text().splitlines()]
        found.append((losses, load_file(places[1] / "model.safetensors")))
    (ones, one), (twos, two) = found
    assert len(ones) == 50
    assert twos == pytest.approx(ones, abs=1e-5)
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)
