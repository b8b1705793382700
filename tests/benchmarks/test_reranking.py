"""Measures of reward models, on a model whose numbers are known: it counts its own way."""

from typing import Any, cast

import pytest
import torch

from veritune.benchmarks.reranking import first_error_accuracy, pair_accuracy
from veritune.errors import RecordError
from veritune.models.reward import RewardModel
from veritune.models.scratch import PRINTABLE, character_tokenizer
from veritune.records import (
    Candidate,
    MathProblem,
    MathReference,
    Problem,
    StepRule,
    StepVerdict,
    Verdict,
)
from veritune.trainer.pairs import PreferencePair
from veritune.verifiers.learned import candidate_scores

TOKENIZER = character_tokenizer(PRINTABLE, 64)
CHAIN = MathProblem(
    id="c",
    prompt="10+01+01=",
    reference=MathReference(
        answer="2",
        step_rule=StepRule(
            name="chain", settings={"chain": "10+01+01=", "modulus": 100, "answer_modulus": 10}
        ),
    ),
)


class Digits:
    """Says of every position how likely its step is right: by the digit before a semicolon."""

    def __init__(self, kind: str) -> None:
        self.kind, self.tokenizer = kind, TOKENIZER

    def numbers(self, rows: list[list[int]], spans: list[list[tuple[int, int]]]) -> torch.Tensor:
        out = []
        for row, own in zip(rows, spans, strict=True):
            before = [TOKENIZER.decode(row)[last - 1] for _, last in own]
            out += [float(digit) - 4.5 if digit.isdigit() else 9.0 for digit in before]
        return torch.tensor(out)


def model(kind: str) -> RewardModel:
    return cast(RewardModel, cast(Any, Digits(kind)))


def verified(index: int, text: str, *labels: str) -> tuple[Problem, Candidate, Verdict]:
    steps = tuple(
        StepVerdict(start=3 * i, end=3 * i + 3, label=label, reason="")  # type: ignore[arg-type]
        for i, label in enumerate(labels)
    )
    verdict = Verdict(
        problem_id="c", index=index, outcome="failed", score=0.0, reason="", steps=steps
    )
    return CHAIN, Candidate(problem_id="c", index=index, text=text), verdict


ROWS = [
    verified(0, "19;19;", "correct", "correct"),
    verified(1, "19;11;", "correct", "incorrect"),
    verified(2, "11;19;", "correct", "incorrect"),
    verified(3, "11;11;", "incorrect", "incorrect"),
    verified(4, "11;19;", "unchecked", "incorrect"),
]


def test_the_first_error_must_be_the_first_error() -> None:
    wrong, right = first_error_accuracy(model("process"), ROWS)
    assert (wrong, right) == (pytest.approx(2 / 3), 1.0)
    with pytest.raises(RecordError, match="wrong step"):
        first_error_accuracy(model("process"), ROWS[:1])


def test_a_pair_counts_where_the_chosen_one_scores_higher() -> None:
    candidates = [candidate for _, candidate, _ in ROWS]
    orders = [(0, 1), (0, 3), (1, 0)]
    pairs = [
        PreferencePair(
            prompt=CHAIN.prompt, chosen=candidates[a], rejected=candidates[b], problem=CHAIN
        )
        for a, b in orders
    ]
    assert pair_accuracy(model("process"), pairs) == pytest.approx(2 / 3)


def test_scores_are_by_candidate() -> None:
    (scores,) = candidate_scores(model("process"), ROWS, ["last"])
    assert scores["c", 0] == scores["c", 2] > scores["c", 1]
