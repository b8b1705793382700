"""A tiny policy with its rollouts, and a PPO trainer for them."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from veritune.config import PpoConfig, SamplerConfig, ScratchConfig
from veritune.models import build_scratch, save_policy
from veritune.records import (
    Candidate,
    Checkpoint,
    MathProblem,
    MathReference,
    Problem,
    StepVerdict,
    Verdict,
)
from veritune.sampler import NativeSampler
from veritune.trainer import Rollout
from veritune.trainer.ppo import PpoTrainer

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=32)
Judge = Callable[[Candidate], Verdict]


def start(folder: Path, characters: str = "abcd=") -> Checkpoint:
    return save_policy(*build_scratch(TINY, 0, characters), folder / "start")


def problem(name: str) -> Problem:
    return MathProblem(id=name, prompt=name, reference=MathReference(answer="1"))


def judge(candidate: Candidate, score: float, steps: Sequence[StepVerdict] = ()) -> Verdict:
    return Verdict(
        problem_id=candidate.problem_id,
        index=candidate.index,
        outcome="passed" if score >= 0.5 else "failed",
        score=score,
        reason="",
        steps=tuple(steps),
    )


def draw(
    policy: Checkpoint, problems: list[Problem], n: int, tokens: int, round: int
) -> list[Candidate]:
    sampler = NativeSampler(SamplerConfig(n=n, max_tokens=tokens), seed=1)
    sampler.load(policy)
    drawn = sampler.sample(problems, [range(n)] * len(problems), round=round)
    return sorted(drawn, key=lambda c: (c.problem_id, c.index))


def trainer_of(config: PpoConfig, reference: Checkpoint, **more: Any) -> PpoTrainer:
    return PpoTrainer(config, reference=reference, temperature=1.0, seed=3, **more)


def some_rollouts(policy: Checkpoint, n: int = 12) -> list[Rollout]:
    asked = [problem("a="), problem("b=d")]
    told = random.Random(5)
    return [
        Rollout(
            problem=asked[c.problem_id == "b=d"],
            candidate=c,
            verdict=judge(c, float(told.random() < 0.5)),
        )
        for c in draw(policy, asked, n, 10, 1)
    ]


BASIC = PpoConfig(type="ppo", learning_rate=1e-3, epochs=2, mini_batch_size=8, micro_batch_size=8)
