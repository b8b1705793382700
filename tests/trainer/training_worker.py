"""Trains a small model in a process of its own:
`training_worker.py START OUT TRACE SECONDS [shard]`.

Writes each step's loss to TRACE as it is done; sleeps SECONDS after each, so that it can be killed.
"""

import sys
import time
from pathlib import Path
from typing import Any

import torch

from veritune.config import SftConfig
from veritune.models import policy_hash
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference
from veritune.trainer import Example, SftTrainer, processes

CONFIG = SftConfig(max_steps=50, batch_size=6, micro_batch_size=2, learning_rate=3e-3, save_every=7)


def examples() -> list[Example]:
    found = []
    for i in range(20):
        problem = MathProblem(id=str(i), prompt=f"{i}+{i}=", reference=MathReference(answer="1"))
        candidate = Candidate(problem_id=str(i), index=0, text=str(2 * i) * (1 + i % 4))
        found.append(Example(problem=problem, candidate=candidate, weight=1 + i % 3))
    return found


def main(start: str, out: str, trace: str, seconds: float, shard: bool) -> None:
    torch.set_num_threads(1)

    def on_step(step: dict[str, Any]) -> None:
        if processes.rank() == 0:
            with Path(trace).open("a") as stream:
                stream.write(f"{step['step']} {step['loss']!r}\n")
        time.sleep(seconds)

    checkpoint = Checkpoint(path=start, policy=policy_hash(start))
    config = CONFIG.model_copy(update={"shard": shard})
    trainer = SftTrainer(config, seed=3, on_step=on_step)
    trainer.update(checkpoint, examples(), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:4], float(sys.argv[4]), "shard" in sys.argv[5:])
