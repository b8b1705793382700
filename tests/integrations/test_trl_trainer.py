"""The reward function inside TRL's own trainers."""

from pathlib import Path

import pytest

from veritune.config import ScratchConfig
from veritune.integrations import trl as adapter
from veritune.models import build_scratch
from veritune.records import Candidate, MathProblem, Problem, Verdict

trl = pytest.importorskip("trl", reason="TRL is not installed")


class Capitals:
    """Scores the share of capital letters; it breaks on one of the problems."""

    async def verify(self, problem: Problem, candidate: Candidate) -> Verdict:
        assert isinstance(problem, MathProblem)
        broke = problem.reference.answer == "2"
        share = sum(char.isupper() for char in candidate.text) / max(1, len(candidate.text))
        return Verdict(
            problem_id=problem.id,
            index=candidate.index,
            outcome="error" if broke else "failed",
            score=None if broke else share,
            reason="the checker's machine is gone" if broke else "counted capitals",
        )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["GRPO", "RLOO"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_two_steps_train_on_verdicts_and_leave_verifier_errors_out(
    tmp_path: Path, kind: str, asynchronous: bool
) -> None:
    from datasets import Dataset

    model, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2), seed=0)
    # RLOO loads its reference by name.
    model.save_pretrained(tmp_path / "model")
    # As a user has them: no id of ours, and an answer in a box.
    rows = [{"prompt": f"1*{a}=", "solution": f"\\boxed{{{a}}}"} for a in (1, 2)]
    verified = adapter.reward(verifier=Capitals(), asynchronous=asynchronous)
    seen: list[tuple[str, float | None]] = []

    def noted(solution: list[str], rewards: list[float | None]) -> list[float | None]:
        seen.extend(zip(solution, rewards, strict=True))
        return rewards

    def reward(solution: list[str], **columns: object) -> list[float | None]:
        return noted(solution, verified(solution=solution, **columns))

    async def areward(solution: list[str], **columns: object) -> list[float | None]:
        return noted(solution, await verified(solution=solution, **columns))

    trainer = getattr(trl, f"{kind}Trainer")(
        model=str(tmp_path / "model"),
        processing_class=tokenizer,
        reward_funcs=areward if asynchronous else reward,
        train_dataset=Dataset.from_list(rows * 4),
        args=getattr(trl, f"{kind}Config")(
            output_dir=str(tmp_path),
            max_steps=2,
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
    assert len(seen) == 16
    assert {reward for solution, reward in seen if solution == "\\boxed{2}"} == {None}
    scores = [reward for _, reward in seen if reward is not None]
    assert len(scores) == 8 and len(set(scores)) > 1
    steps = [row for row in trainer.state.log_history if "reward" in row]
    assert len(steps) == 2
    assert float(steps[0]["reward"]) == pytest.approx(sum(scores[:4]) / 4, rel=1e-3)
    assert float(steps[0]["grad_norm"]) > 0
