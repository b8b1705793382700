"""Own code for parts of a recipe: a step checker, a reward and a rule of selection.

[verifier]
steps = ["rules", "examples/own_parts.py:units"]    # what rules leave open, this labels
[trainer.credit]
reward = "examples/own_parts.py:brief"              # in place of the verdict's own rewards
options = {per_character = 0.001}
[selection]
reward = "examples/own_parts.py:without_doubt"      # what fine-tuning learns from
"""

from __future__ import annotations

from veritune.records import Candidate, Problem, Verdict


def units(problem: Problem, steps: list[str]) -> list[bool | None]:
    """One of True, False, a score, a label or None (cannot say) for every step, in their order."""
    return [None if "cm" not in step and "m" not in step else "cm" in step for step in steps]


def brief(
    problem: Problem, candidate: Candidate, verdict: Verdict, *, per_character: float = 0.0
) -> float:
    """A number for the end token; or a list of (characters of the text, reward) pairs."""
    return (verdict.score or 0.0) - per_character * len(candidate.text)


def without_doubt(problem: Problem, candidate: Candidate, verdict: Verdict) -> bool:
    """Whether a candidate is trained on."""
    return verdict.outcome == "passed" and "probably" not in candidate.answer
