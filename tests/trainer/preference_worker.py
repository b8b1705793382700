"""Trains in one process or several: `preference_worker.py SECONDS shard|whole KIND START OUT ...`.

One training after the other, so that the processes start once for all: KIND is ppo, critic (PPO
with a critic of its own), grpo, dpo or reward. Writes each step's loss beside OUT, as .txt, and
sleeps SECONDS after it, so that it can be killed. All candidates and verdicts follow from a seed,
so that every process makes the same ones.
"""

import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import torch

from veritune.config import DpoTrainerConfig, GroupConfig, PpoConfig, RewardConfig
from veritune.models import policy_hash
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Verdict
from veritune.trainer import Rollout, processes
from veritune.trainer.dpo import DpoTrainer
from veritune.trainer.groups import GroupTrainer
from veritune.trainer.ppo import PpoTrainer
from veritune.trainer.reward_models import RewardTrainer

STEPS = 50
FIT = {
    "max_steps": STEPS,
    "batch_size": 6,
    "micro_batch_size": 4,
    "learning_rate": 1e-3,
    "save_every": 7,
}
GRADIENT = {
    "epochs": STEPS // 2,
    "mini_batch_size": 8,
    "micro_batch_size": 3,
    "learning_rate": 3e-4,
}


def rollouts() -> list[Rollout]:
    draw, found = Random(3), []
    for i in range(4):
        problem = MathProblem(id=str(i), prompt=f"{i}+{i}=", reference=MathReference(answer="1"))
        for index in range(4):
            ids = [draw.randrange(3, 40) for _ in range(draw.randrange(2, 9))]
            text = "".join(draw.choice("0123456789") for _ in ids)
            candidate = Candidate(
                problem_id=str(i), index=index, text=text, token_ids=ids, finish_reason="stop"
            )
            right = (index + i) % 3 == 0
            verdict = Verdict(
                problem_id=str(i),
                index=index,
                outcome="passed" if right else "failed",
                score=float(right),
                reason="",
            )
            found.append(Rollout(problem=problem, candidate=candidate, verdict=verdict))
    return found


def train(kind: str, start: str, out: str, seconds: float, shard: bool) -> None:
    trace = Path(out).with_suffix(".txt")

    def on_step(step: dict[str, Any]) -> None:
        if processes.rank() == 0:
            with trace.open("a") as stream:
                stream.write(f"{step['step']} {step['loss']!r}\n")
        time.sleep(seconds)

    policy, batch = Checkpoint(path=start, policy=policy_hash(start)), rollouts()
    common: dict[str, Any] = {"seed": 3, "on_step": on_step}
    gradient = common | {"reference": policy, "temperature": 1.0}
    if kind in ("ppo", "critic"):
        critic = {"critic": "own" if kind == "critic" else "shared", "critic_learning_rate": 1e-3}
        ppo = PpoConfig.model_validate(GRADIENT | critic | {"type": "ppo", "shard": shard})
        PpoTrainer(ppo, **gradient).update(policy, batch, Path(out))
    elif kind == "grpo":
        more = {"kl_coef": 0.1, "entropy_coef": 0.01, "shard": shard}
        grpo = GroupConfig.model_validate(GRADIENT | more | {"type": "grpo"})
        GroupTrainer(grpo, max_tokens=8, **gradient).update(policy, batch, Path(out))
    elif kind == "dpo":
        dpo = DpoTrainerConfig.model_validate(FIT | {"type": "dpo", "shard": shard})
        DpoTrainer(dpo, dpo, **common).update(policy, batch, Path(out))
    else:
        verified = [(r.problem, r.candidate, r.verdict) for r in batch]
        trainer = RewardTrainer(RewardConfig.model_validate(FIT | {"shard": shard}), **common)
        trainer.from_verdicts(start, "outcome", verified, Path(out))


if __name__ == "__main__":
    torch.set_num_threads(1)
    pause, layout, *jobs = sys.argv[1:]
    for job in zip(jobs[::3], jobs[1::3], jobs[2::3], strict=True):
        train(*job, float(pause), layout == "shard")
