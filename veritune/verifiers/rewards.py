"""Rewards to use as parts of a verifier, and to copy from: own code looks just like this.

[[verifier.parts]]
type = "veritune.verifiers.rewards:answer_format"
weight = 0.1
"""

from __future__ import annotations

import re

from veritune.records import Candidate, MathProblem, Problem

_BOX = re.compile(r"\\boxed\s*\{")
# The shape that is paid for, whatever the code in it does.
_BLOCK = re.compile(r"^```(?:python|py)?[ \t]*\n.*?^```", re.MULTILINE | re.DOTALL)


def answer_format(problem: Problem, candidate: Candidate) -> bool:
    """Whether the answer is marked as asked: the data set's marker or a box, or a code block."""
    if not isinstance(problem, MathProblem):
        return _BLOCK.search(candidate.answer) is not None
    marker = problem.reference.marker
    if marker is not None and marker in candidate.answer:
        return True
    return _BOX.search(candidate.answer) is not None


def length(
    problem: Problem, candidate: Candidate, *, longest: int = 4000, soft: int = 3000
) -> float:
    """1 up to `soft` characters, then less, and 0 from `longest` on: DAPO's soft punishment of
    overlong texts (Yu et al. 2025, arXiv 2503.14476), in characters.

    A truncated text scores 0.
    """
    if candidate.truncated:
        return 0.0
    over = len(candidate.text) - soft
    return min(1.0, max(0.0, 1 - over / max(1, longest - soft)))
