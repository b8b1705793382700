"""Whether two answers are the same."""

from __future__ import annotations

import re

from veritune.verifiers.answers.comparison import Comparison
from veritune.verifiers.answers.literal import read_number
from veritune.verifiers.answers.policy import DEFAULT, AnswerPolicy

SPACE = re.compile(r"\\[,;:!]|\\q?quad\b|\\left\b|\\right\b|[\s$]+|\\text\b")


def compare(gold: str, pred: str, policy: AnswerPolicy = DEFAULT) -> Comparison:
    """How the answer `pred` relates to the reference `gold`."""
    if not gold.strip():
        return Comparison(relation="unparsed reference", gold=gold, pred=pred)
    if not pred.strip():
        return Comparison(relation="unparsed candidate", gold=gold, pred=pred)
    left, right = read_number(gold), read_number(pred)
    if left is not None and right is not None:
        same = left == right
        return Comparison(
            relation="equal" if same else "different", gold=str(left), pred=str(right)
        )
    same = SPACE.sub("", gold) == SPACE.sub("", pred)
    return Comparison(relation="equal" if same else "different", gold=gold, pred=pred)
