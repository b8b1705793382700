"""Labels of steps as files write them, and what a row of any format becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any, Literal

from veritune.records import (
    Candidate,
    Evidence,
    MathProblem,
    MathReference,
    Problem,
    StepLabel,
    StepVerdict,
    Verdict,
)

Neutral = Literal["correct", "incorrect", "unchecked"]
VerifiedCandidate = tuple[Problem, Candidate, Verdict]
# A row of a file of steps. What it holds is found out by reading it: the readers turn what is
# missing or of another type into one line.
Values = dict[str, Any]
# A step's label, and its soft label where the file has one.
Label = tuple[StepLabel, float | None]
NEUTRAL: dict[Neutral, StepLabel] = {
    "correct": "verified",
    "incorrect": "incorrect",
    "unchecked": "unchecked",
}
# As files write them, in any case.
_WORDS: dict[str, StepLabel] = {
    **dict.fromkeys(("+", "good", "correct", "right", "true", "positive"), "verified"),
    **dict.fromkeys(("-", "bad", "incorrect", "wrong", "false", "negative"), "incorrect"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file does not say of itself: what its neutral ratings mean, from where on a soft label
    is right, and what stands between steps (None: as usual in the format)."""

    neutral: Neutral
    threshold: float = 0.5
    separator: str | None = None


def labels_of(values: Sequence[object], reading: Reading) -> list[Label]:
    """The labels of a row's steps; raises `ValueError` for a value that is none.

    True, 1, "+" or a soft label above the threshold is right; False, 0, "-" or one below it wrong.
    Where -1 occurs the values are ratings, of which -1 is wrong and 0 neutral. None is unchecked.
    """
    read = [_value(value) for value in values]
    numbers = [value for value in read if isinstance(value, float)]
    # Ratings and soft labels share 0 and 1: only -1, or what lies between, tells which they are.
    ratings = any(number == -1 for number in numbers)
    soft = any(0 < number < 1 for number in numbers)
    return [_label(value, reading, ratings=ratings, soft=soft) for value in read]


def _value(value: Any) -> StepLabel | float | Literal["neutral"]:
    """A word as its label, anything else as a number."""
    if value is None:
        return "unchecked"
    if isinstance(value, bool):
        return "verified" if value else "incorrect"
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _WORDS:
            return _WORDS[word]
        if word == "neutral":
            return "neutral"
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is no label of a step") from None


def _label(
    value: StepLabel | float | Literal["neutral"], reading: Reading, *, ratings: bool, soft: bool
) -> Label:
    if value == "neutral" or (ratings and value == 0):
        return NEUTRAL[reading.neutral], None
    if not isinstance(value, float):
        return value, None
    if ratings and value == -1:
        return "incorrect", None
    if not 0 <= value <= 1:
        raise ValueError(f"{value:g} is no label of a step: expected 0 to 1, or -1, 0, 1")
    right = value > reading.threshold if soft else value == 1
    return ("verified" if right else "incorrect"), value if soft else None


def verified_row(
    kind: str,
    prompt: str,
    steps: Sequence[str],
    labels: Sequence[Label],
    row: Values,
    *,
    passed: bool | None,
    between: str = "",
    answer: str = "",
) -> VerifiedCandidate:
    """A row as records; `between` is put behind every step but the last, `row` what is kept."""
    if len(steps) != len(labels):
        raise ValueError(f"{len(steps)} steps and {len(labels)} labels")
    if not all(isinstance(text, str) for text in (prompt, *steps)):
        raise ValueError("the prompt or a step is not text")
    pieces = [step + between for step in steps[:-1]] + list(steps[-1:])
    text = "".join(pieces)
    digest = hashlib.sha256(f"{prompt}\0{text}".encode()).hexdigest()[:16]
    id = str(row.get("id") or f"{kind}-{digest}")
    ends = list(accumulate(map(len, pieces), initial=0))
    right = all(label != "incorrect" for label, _ in labels) if passed is None else passed
    return (
        MathProblem(
            id=id,
            prompt=prompt,
            reference=MathReference(answer=answer),
            metadata={"format": kind, "between": between, "row": row},
        ),
        Candidate(problem_id=id, index=0, text=text, step_ends=ends[1:]),
        Verdict(
            problem_id=id,
            index=0,
            outcome="passed" if right else "failed",
            score=1.0 if right else 0.0,
            reason=f"as labelled in {kind}",
            steps=tuple(
                StepVerdict(
                    start=a,
                    end=b,
                    label=label,
                    reason="as labelled",
                    score=score,
                    evidence=None
                    if label == "unchecked"
                    else Evidence(kind="annotation", checker=kind),
                )
                for (a, b), (label, score) in zip(pairwise(ends), labels, strict=True)
            ),
        ),
    )


def until_error(verified: VerifiedCandidate) -> VerifiedCandidate:
    """The solution up to its first wrong step and with it; one without any stays whole."""
    problem, candidate, verdict = verified
    at = next((i for i, step in enumerate(verdict.steps) if step.label == "incorrect"), None)
    if at is None:
        return verified
    kept = verdict.steps[: at + 1]
    between = str(problem.metadata.get("between", ""))
    text = candidate.text[: kept[-1].end]
    if at + 1 < len(verdict.steps) and between:
        text = text.removesuffix(between)
    steps = (*kept[:-1], replace(kept[-1], end=len(text)))
    ends = [step.end for step in steps]
    return problem, replace(candidate, text=text, step_ends=ends), replace(verdict, steps=steps)
