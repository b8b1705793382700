"""The reward function inside TRL's own trainer."""

from pathlib import Path

import pytest

from veritune.config import ScratchConfig
from veritune.integrations import trl_reward
from veritune.models import build_scratch
from veritune.records import Candidate, MathProblem, MathReference, Problem, Verdict

trl = pytest.importorskip("trl", reason="TRL is not installed")


class Capitals:
    """Scores the share of capital letters; it breaks on one of the problems."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        broke = problem.id == "broken"
        share = sum(char.isupper() for char in candidate.text) / max(1, len(candidate.text))
        return Verdict(
            problem_id=problem.id,
            index=candidate.index,
            outcome="error" if broke else "failed",
            score=None if broke else share,
            reason="the checker's machine is gone" if broke else "counted capitals",
        )


@pytest.mark.slow
def test_grpo_trains_on_verdicts_and_leaves_broken_checks_out(tmp_path: Path) -> None:
    from datasets import Dataset

    problems = [
        MathProblem(id=name, prompt=f"{name}=", reference=MathReference(answer="1"))
        for name in ("sound", "broken")
    ]
    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2), seed=0)
    rows = [{"prompt": p.prompt, "problem_id": p.id} for p in problems]
    verified = trl_reward(Capitals(), problems)
    seen: list[tuple[str, float | None]] = []

    def reward(problem_id: list[str], **columns: object) -> list[float | None]:
        rewards = verified(problem_id=problem_id, **columns)
        seen.extend(zip(problem_id, rewards, strict=True))
        return rewards

    trainer = trl.GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=reward,
        train_dataset=Dataset.from_list(rows * 4),
        args=trl.GRPOConfig(
            output_dir=str(tmp_path),
            max_steps=1,
            num_generations=4,
            per_device_train_batch_size=8,
            max_completion_length=24,
            logging_steps=1,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            gradient_checkpointing=False,
        ),
    )
    trainer.train()
    assert [identity for identity, _ in seen].count("broken") == 4
    assert {reward for identity, reward in seen if identity == "broken"} == {None}
    scores = [reward for _, reward in seen if reward is not None]
    assert len(scores) == 4 and len(set(scores)) > 1
    logged = trainer.state.log_history[0]
    assert float(logged["reward"]) == pytest.approx(sum(scores) / 4, rel=1e-3)
    assert float(logged["grad_norm"]) > 0
