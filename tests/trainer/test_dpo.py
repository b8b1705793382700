"""DPO: the loss against float64 numpy, and that it prefers what was verified."""

from pathlib import Path

import numpy as np
import pytest
import torch

from veritune.config import DpoConfig, PairConfig, ScratchConfig
from veritune.errors import TrainingError
from veritune.models import build_scratch, load_policy, save_policy
from veritune.records import Candidate, MathProblem, MathReference, Verdict
from veritune.trainer import Rollout
from veritune.trainer.algorithms.dpo import Dpo
from veritune.trainer.dpo import DpoTrainer, rows_of
from veritune.trainer.pairs import PreferencePair
from veritune.trainer.rows import PairRow

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)


def candidate(problem: str, index: int, text: str) -> Candidate:
    return Candidate(problem_id=problem, index=index, text=text)


PAIRS = [
    PreferencePair(
        prompt=f"{i}+1=",
        chosen=candidate(str(i), 0, str(i + 1)),
        rejected=candidate(str(i), 1, str(i + 2) * (1 + i % 3)),
    )
    for i in range(8, 14)
]


def logprob(model: torch.nn.Module, ids: list[int], prompt: int) -> float:
    logits = model(input_ids=torch.tensor([ids])).logits[0].detach().double().numpy()
    logits -= logits.max(-1, keepdims=True)
    logprobs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(sum(logprobs[t - 1, ids[t]] for t in range(prompt, len(ids))))


@pytest.mark.parametrize(("smoothing", "sft"), [(0.0, 0.0), (0.2, 0.0), (0.1, 0.5)])
def test_the_loss_is_the_papers(smoothing: float, sft: float) -> None:
    reference, tokenizer = build_scratch(TINY, 0)
    model, _ = build_scratch(TINY, 1)
    rows = rows_of(reference, tokenizer, PAIRS)
    config = DpoConfig(beta=0.3, label_smoothing=smoothing, rpo_alpha=sft)
    loss, metrics = Dpo(config).loss(model, rows)
    total = 0.0
    for row in rows:
        pi, ref = (
            [logprob(m, t.ids, t.prompt) for t in (row.chosen, row.rejected)]
            for m in (model, reference)
        )
        m = 0.3 * ((pi[0] - ref[0]) - (pi[1] - ref[1]))
        total += (1 - smoothing) * np.log1p(np.exp(-m)) + smoothing * np.log1p(np.exp(m))
        total -= sft * pi[0] / row.chosen.length
    assert loss.item() / len(rows) == pytest.approx(total / len(rows), abs=1e-5)
    assert 0 <= metrics["accuracy"] <= len(rows)


def test_the_gradient_of_one_pair_at_a_time_is_that_of_all() -> None:
    model, tokenizer = build_scratch(TINY, 0)
    rows = rows_of(model, tokenizer, PAIRS)

    def gradient(part: list[PairRow]) -> torch.Tensor:
        found = torch.autograd.grad(Dpo(DpoConfig()).loss(model, part)[0], model.parameters())
        return torch.cat([g.flatten() for g in found])

    gap = gradient(rows) - sum(gradient([row]) for row in rows)
    assert gap.abs().max().item() / len(rows) < 1e-6


def rollouts() -> list[Rollout]:
    out = []
    for pair in PAIRS:
        id = pair.chosen.problem_id
        problem = MathProblem(id=id, prompt=pair.prompt, reference=MathReference(answer="1"))
        for item, right in ((pair.chosen, True), (pair.rejected, False)):
            outcome = "passed" if right else "failed"
            verdict = Verdict(
                problem_id=id,
                index=item.index,
                outcome=outcome,  # type: ignore[arg-type]
                score=float(right),
                reason="",
            )
            out.append(Rollout(problem=problem, candidate=item, verdict=verdict))
    return out


def test_it_learns_to_prefer_and_repeats_bit_for_bit(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    config = DpoConfig(max_steps=30, batch_size=4, learning_rate=3e-3, warmup_steps=2)
    steps: list[dict[str, float]] = []
    trainer = DpoTrainer(config, PairConfig(), seed=0, on_step=steps.append)
    out = trainer.update(start, rollouts(), tmp_path / "out")
    assert steps[0]["loss"] == pytest.approx(np.log(2), abs=1e-6)
    assert steps[-1]["loss"] < 0.5
    model, tokenizer = load_policy(out.path)
    assert all(row.reference > 0 for row in rows_of(model, tokenizer, PAIRS))
    assert trainer.update(start, rollouts(), tmp_path / "again").policy == out.policy


def test_without_a_pair_there_is_nothing_to_learn(tmp_path: Path) -> None:
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    passed = [item for item in rollouts() if item.verdict.outcome == "passed"]
    with pytest.raises(TrainingError, match="both a passed and a rejected"):
        DpoTrainer(DpoConfig(), PairConfig(), seed=0).update(start, passed, tmp_path / "out")
