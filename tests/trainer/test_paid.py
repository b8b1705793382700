"""What is shown of rewards and advantages is what the trainer computes on tokens."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from veritune.config import GroupConfig, PpoConfig
from veritune.records import (
    Candidate,
    Evidence,
    MathProblem,
    MathReference,
    StepVerdict,
    Verdict,
    VerifiedCandidate,
)
from veritune.trainer import credit_pieces
from veritune.trainer.algorithms import algorithm_of
from veritune.trainer.credit import assign_credit
from veritune.trainer.groups import group_advantages
from veritune.trainer.paid import BASELINES
from veritune.trainer.rows import TokenRow

PROBLEM = MathProblem(id="p", prompt="?", reference=MathReference(answer="1"))
RULES = Evidence(kind="arithmetic", checker="rules")
LABELS = ("verified", "incorrect", "unchecked", "consistent")


def drawn(index: int, draw: random.Random) -> VerifiedCandidate:
    """A candidate of a few steps, with any verdict."""
    length = draw.randint(4, 60)
    ends = sorted(draw.sample(range(1, length + 1), min(4, length)))
    steps = tuple(
        StepVerdict(
            start=begin,
            end=end,
            label=(label := draw.choice(LABELS)),  # type: ignore[arg-type]
            reason="",
            evidence=None if label == "unchecked" else RULES,
        )
        for begin, end in pairwise([0, *ends])
    )
    outcome = draw.choice(["passed", "failed", "failed", "error"])
    verdict = Verdict(
        problem_id="p",
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score=None if outcome == "error" else float(outcome == "passed"),
        reason="",
        steps=steps,
    )
    finish = draw.choice(["stop", "length"])
    return (
        PROBLEM,
        Candidate(problem_id="p", index=index, text="x" * length, finish_reason=finish),
        verdict,
    )


@pytest.mark.parametrize("form", ["sum", "delta", "min", "all"])
@pytest.mark.parametrize("kind", BASELINES)
def test_pieces_say_what_the_trainer_does_with_tokens(kind: str, form: str) -> None:
    credit = {"outcome": 1.0, "process": 0.5, "form": form}
    config = GroupConfig.model_validate({"type": kind, "credit": credit})
    draw = random.Random(f"{kind} {form}")
    for _ in range(20):
        group = [drawn(index, draw) for index in range(5)]
        rows, starts = [], []
        for _, candidate, verdict in group:
            # Tokens of one to four characters, whose borders know nothing of steps, and an end.
            borders = [0]
            while borders[-1] < len(candidate.text):
                borders.append(min(len(candidate.text), borders[-1] + draw.randint(1, 4)))
            ends = borders[1:] + [len(candidate.text)] * (not candidate.truncated)
            found = assign_credit(verdict, ends, config.credit)
            if found is not None:
                begins = borders[:-1] + [len(candidate.text)] * (not candidate.truncated)
                starts.append((candidate.index, begins))
                rows.append(TokenRow(ids=[0] * len(ends), prompt=0, credit=found, group="p"))
        if not rows:
            continue
        width = max(row.length for row in rows)
        advantages = group_advantages(rows, algorithm_of(config, 64), width)
        for (index, begins), row, own in zip(starts, rows, advantages, strict=True):
            pieces, _ = credit_pieces(config, group, index)
            assert sum(piece.reward for piece in pieces) == pytest.approx(sum(row.credit.rewards()))
            shown = [next((p for p in pieces if at < p.end), pieces[-1]).advantage for at in begins]
            assert own[: len(begins)].tolist() == pytest.approx(shown, abs=1e-5)
        lost = next((c.index for _, c, v in group if v.outcome == "error"), None)
        if lost is not None:
            assert credit_pieces(config, group, lost)[0] == []


def test_what_a_critic_decides_is_not_made_up() -> None:
    group = [drawn(index, random.Random(1)) for index in range(3)]
    group = [(p, c, replace(v, outcome="passed", score=1.0)) for p, c, v in group]
    pieces, said = credit_pieces(PpoConfig(type="ppo"), group, 1)
    assert pieces[-1].reward == 1.0 and all(piece.advantage is None for piece in pieces)
    assert "critic" in said
    own = GroupConfig.model_validate({"type": "grpo", "credit": {"reward": "my.module:reward"}})
    assert credit_pieces(own, group, 1) == ([], "own code decides: my.module:reward")


torch.set_num_threads(1)
