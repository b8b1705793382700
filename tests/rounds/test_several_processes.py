"""A run under torchrun: the first process samples and verifies, all of them train."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from warm import Warm, together

RECIPE = """
name = "two"
threads = 1
[model.scratch]
layers = 1
width = 32
heads = 2
max_length = 64
[problems]
train = 20
test = 4
[problems.chain]
steps = 1
operators = "+"
[warm_start]
demonstrations = 20
max_steps = 5
[rounds]
count = 2
prompts = 5
[sampler]
n = 4
max_tokens = 8
[trainer]
type = "{type}"
{more}
[evaluation]
n = 1
k = 1
"""
TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
TRAINERS = {
    "grpo": "mini_batch_size = 10\nentropy_coef = 0.1",
    "sft": "max_steps = 4\nbatch_size = 4\n[selection]\nreward = 'any'",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRAINERS)
def test_a_run_in_two_processes_is_that_of_one(tmp_path: Path, kind: str) -> None:
    recipe = tmp_path / "two.toml"
    recipe.write_text(RECIPE.format(type=kind, more=TRAINERS[kind]))
    words = ["-m", "veritune", "run", str(recipe), "--output"]
    processes = [Warm(*words, tmp_path / "one")]
    if kind == "grpo":  # torchrun itself, once.
        command = [sys.executable, *TWO, *words, str(tmp_path / "both")]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, timeout=280, env=environment, capture_output=True)
    else:
        processes += together(2, *words, tmp_path / "both")
    for process in processes:
        assert process.wait() == 0, process.said()
    losses = []
    for name in ("one", "both"):
        lines = (tmp_path / name / "two" / "metrics.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        losses.append([row["loss"] for row in rows if row["phase"] == "train"])
    assert len(losses[0]) >= 4
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
