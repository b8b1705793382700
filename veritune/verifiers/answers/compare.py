"""Whether two answers are the same."""

from __future__ import annotations

from veritune.verifiers.answers.comparison import Comparison, Relation
from veritune.verifiers.answers.decide import decide
from veritune.verifiers.answers.policy import DEFAULT, AnswerPolicy


def compare(gold: str, pred: str, policy: AnswerPolicy = DEFAULT) -> Comparison:
    """How the answer `pred` relates to the reference `gold`."""
    return decide(gold, pred, policy)


__all__ = ["Comparison", "Relation", "compare"]
