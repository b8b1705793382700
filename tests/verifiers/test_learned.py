"""Learned checkers: what they score, that batches do not matter, and that rules come first."""

from pathlib import Path

import pytest
import torch

from veritune.config import ScratchConfig, SelectionConfig, VerifierConfig
from veritune.errors import ModelError
from veritune.models import build_scratch, save_policy
from veritune.models.reward import RewardKind, RewardModel, fresh_reward_model, save_reward_model
from veritune.records import Candidate, MathProblem, MathReference, Problem, StepVerdict, Verdict
from veritune.rounds.selection import select
from veritune.verifiers import open_verifier
from veritune.verifiers.learned import LearnedVerifier, aggregated, score_candidates

TINY = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
PROBLEM = MathProblem(id="p", prompt="1+1=?", reference=MathReference(answer="2"))


def reward(tmp_path: Path, kind: RewardKind) -> RewardModel:
    """A head with weights at random: every text has a number of its own."""
    start = save_policy(*build_scratch(TINY, 0), tmp_path / "start")
    model = fresh_reward_model(start.path, kind)
    torch.manual_seed(0)
    torch.nn.init.normal_(model.head.weight, std=2.0)
    return model


def candidate(index: int, text: str) -> Candidate:
    return Candidate(problem_id="p", index=index, text=text)


TEXTS = ["1+1=2\nSo 2.", "Say 3.\nWell, 4.\nOr 5.", "2", "a\nbb\nccc\ndddd"]
PAIRS = [(PROBLEM, candidate(i, text)) for i, text in enumerate(TEXTS)]


@pytest.mark.parametrize("kind", ["outcome", "process", "preference"])
def test_scores_of_many_are_those_of_each_and_survive_the_disk(
    kind: RewardKind, tmp_path: Path
) -> None:
    model = reward(tmp_path, kind)
    scores = [s.score for s in score_candidates(model, PAIRS)]
    assert len(set(scores)) == len(TEXTS)
    single = [score_candidates(model, [pair])[0].score for pair in PAIRS]
    assert single == pytest.approx(scores, abs=1e-5)
    saved = save_reward_model(model, tmp_path / "reward")
    back = LearnedVerifier(saved.path).score(PAIRS)
    assert [s.score for s in back] == pytest.approx(scores, abs=1e-5)


async def test_a_process_model_scores_every_step_at_its_end(tmp_path: Path) -> None:
    model = reward(tmp_path, "process")
    verdict = await LearnedVerifier(model, threshold=0.5).verify(*PAIRS[3])
    text = TEXTS[3]
    assert [text[s.start : s.end] for s in verdict.steps] == ["a\n", "bb\n", "ccc\n", "dddd"]
    ids = [*model.tokenizer(PROBLEM.prompt)["input_ids"], *model.tokenizer(text)["input_ids"]]
    with torch.no_grad():
        line = torch.sigmoid(model.logits([ids])[0])  # no likelihood is weighed yet
    for step in verdict.steps:
        assert step.score == pytest.approx(
            line[len(PROBLEM.prompt) + step.end - 1].item(), abs=1e-5
        )
        assert step.label == ("correct" if step.score and step.score >= 0.5 else "incorrect")
    assert verdict.score == pytest.approx(min(s.score or 0.0 for s in verdict.steps))


def test_steps_become_one_score() -> None:
    assert aggregated([0.5, 0.8, 0.9], "min") == 0.5
    assert aggregated([0.5, 0.8, 0.9], "product") == pytest.approx(0.36)
    assert aggregated([0.5, 0.8, 0.9], "last") == 0.9
    assert aggregated([], "min") == 0.0


async def test_rules_come_first_and_the_model_fills_what_they_left(tmp_path: Path) -> None:
    saved = save_reward_model(reward(tmp_path, "process"), tmp_path / "reward")
    text = "We begin.\n1+1=3\nSo the answer is \\boxed{2}."
    async with open_verifier(VerifierConfig(workers=1), needs_code=False) as rules:
        plain = await rules.verify(PROBLEM, candidate(0, text))
    config = VerifierConfig(workers=1, reward_model=saved.path)
    async with open_verifier(config, needs_code=False) as both:
        filled = await both.verify(PROBLEM, candidate(0, text))
    labels = [step.label for step in plain.steps]
    assert "unchecked" in labels and "incorrect" in labels
    assert (filled.outcome, filled.score) == (plain.outcome, plain.score)
    for before, after in zip(plain.steps, filled.steps, strict=True):
        if before.label == "unchecked":
            assert after.label != "unchecked" and after.score is not None
        else:
            assert after == before


async def test_only_a_process_model_labels_steps(tmp_path: Path) -> None:
    saved = save_reward_model(reward(tmp_path, "outcome"), tmp_path / "reward")
    with pytest.raises(ModelError, match="kind outcome"):
        async with open_verifier(VerifierConfig(reward_model=saved.path), needs_code=False):
            pass


def verified(index: int, outcome: str) -> tuple[Problem, Candidate, Verdict]:
    score = None if outcome == "error" else float(outcome == "passed")
    verdict = Verdict(
        problem_id="p",
        index=index,
        outcome=outcome,  # type: ignore[arg-type]
        score=score,
        reason="",
        steps=(StepVerdict(start=0, end=1, label="unchecked", reason=""),),
    )
    return PROBLEM, candidate(index, TEXTS[index]), verdict


def test_selection_keeps_the_best_alone_or_among_the_verified(tmp_path: Path) -> None:
    model = reward(tmp_path, "preference")
    saved = save_reward_model(model, tmp_path / "reward")
    scores = [s.score for s in score_candidates(model, PAIRS)]
    rows = [verified(i, o) for i, o in enumerate(["passed", "failed", "passed", "error"])]

    def chosen(reward: str) -> list[int]:
        config = SelectionConfig(
            reward=reward,  # type: ignore[arg-type]
            max_per_problem=1,
            rank="reward_model",
            reward_model=saved.path,
        )
        return [row[1].index for row in select(rows, config)]

    assert chosen("any") == [max(range(3), key=lambda i: scores[i])]
    assert chosen("outcome") == [max((0, 2), key=lambda i: scores[i])]


def test_a_rank_needs_its_model() -> None:
    with pytest.raises(ValueError, match="go together"):
        SelectionConfig(rank="reward_model")
