"""What PPO reads of its rollouts, and which it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from ppo_cases import BASIC, some_rollouts, start, trainer_of

from veritune.config import CreditConfig
from veritune.errors import TrainingError
from veritune.models import load_policy
from veritune.trainer.rollouts import read_rows
from veritune.trainer.scoring import score


def test_scores_of_a_row_do_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    policy = start(tmp_path)
    model, tokenizer = load_policy(policy.path)
    rows, _ = read_rows(some_rollouts(policy), tokenizer, CreditConfig())
    width = max(row.length for row in rows)
    with torch.no_grad():
        together = score(model.double(), rows, width, 0.7).logprobs
        for i, row in enumerate(rows):
            alone = score(model, [row], row.length, 0.7).logprobs[0]
            logits = model(torch.tensor([row.ids])).logits[0] / 0.7
            plain = torch.log_softmax(logits, -1)[range(len(row.ids) - 1), row.ids[1:]]
            assert torch.allclose(together[i, : row.length], alone, atol=1e-6)
            assert torch.allclose(alone, plain[row.prompt - 1 :], atol=1e-6)


def test_the_trainers_log_probabilities_are_those_of_the_sampler(tmp_path: Path) -> None:
    policy = start(tmp_path)
    model, tokenizer = load_policy(policy.path)
    rollouts = some_rollouts(policy)
    rows, _ = read_rows(rollouts, tokenizer, CreditConfig())
    for row, rollout in zip(rows, rollouts, strict=True):
        with torch.no_grad():
            ours = score(model, [row], row.length, 1.0).logprobs[0]
        assert ours.tolist() == pytest.approx(rollout.candidate.logprobs, abs=1e-4)


def test_candidates_whose_checker_broke_change_nothing(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollouts = some_rollouts(policy)
    broken = [replace(r, verdict=replace(r.verdict, outcome="error", score=None)) for r in rollouts]
    rows: list[dict[str, Any]] = []
    without = trainer_of(BASIC, policy).update(policy, rollouts, tmp_path / "without")
    trainer = trainer_of(BASIC, policy, on_step=rows.append)
    beside = trainer.update(policy, [*rollouts, *broken], tmp_path / "with")
    assert beside.policy == without.policy
    assert rows[0]["errors"] == 0.5
    with pytest.raises(TrainingError, match="all have verifier errors"):
        trainer_of(BASIC, policy).update(policy, broken, tmp_path / "none")


def test_rollouts_of_another_tokenisation_are_refused(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollout = some_rollouts(policy)[0]
    bare = replace(rollout, candidate=replace(rollout.candidate, token_ids=None))
    with pytest.raises(TrainingError, match="has no token_ids"):
        trainer_of(BASIC, policy).update(policy, [bare], tmp_path / "out")


def test_candidates_of_another_policy_are_refused(tmp_path: Path) -> None:
    policy = start(tmp_path)
    rollouts = some_rollouts(policy)
    later = trainer_of(BASIC, policy).update(policy, rollouts, tmp_path / "later")
    with pytest.raises(TrainingError, match=f"sampled by policy {policy.policy}, and"):
        trainer_of(BASIC, policy).update(later, rollouts, tmp_path / "out")
