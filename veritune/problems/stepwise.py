"""Files of solutions with labelled steps: PRM800K, Math-Shepherd, ProcessBench, TRL's stepwise.

A row becomes a problem, a candidate and a verdict, and goes out again in any of the formats. What
a format knows and ours does not stays in the problem's metadata, so a row that goes back into its
own format is the row that it was.

What PRM800K's rating 0 ("neutral") means is for the caller to say: Qwen's models count it as
right, TRL's conversion script and OpenR as wrong, and here it can also stay "unchecked".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, get_args

from veritune.errors import RecordError
from veritune.problems.rows import read_rows
from veritune.records import (
    Candidate,
    MathProblem,
    MathReference,
    Problem,
    StepLabel,
    StepVerdict,
    Verdict,
)

Format = Literal["prm800k", "math-shepherd", "processbench", "trl"]
Neutral = Literal["correct", "incorrect", "unchecked"]
VerifiedCandidate = tuple[Problem, Candidate, Verdict]
Values = dict[str, Any]

TAG = "\u043a\u0438"
"""Ends a step in Math-Shepherd's `input`."""
FIRST_STEP = "Step 1:"
RATINGS: dict[StepLabel, int | None] = {"correct": 1, "incorrect": -1, "unchecked": None}
NAMES = ("ProcessBench", "PRM800K", "Math-Shepherd", "TRL")


def read_stepwise(
    path: str, *, split: str = "train", neutral: Neutral
) -> Iterator[VerifiedCandidate]:
    """The rows of a file, folder or hub data set; each row shows its format by its keys."""
    for where, values in read_rows(path, split):
        kind = format_of(values)
        if kind is None:
            raise RecordError(f"{where}: no row of {', '.join(NAMES)}")
        try:
            yield _READERS[kind](values, neutral)
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            raise RecordError(f"{where}: a broken row of {kind} ({error})") from None


def format_of(values: Values) -> Format | None:
    """The format that has these keys."""
    keys = set(values)
    if {"question", "label"} <= keys and isinstance(values["label"], dict):
        return "prm800k"
    if {"input", "label"} <= keys:
        return "math-shepherd"
    if {"problem", "steps", "label"} <= keys:
        return "processbench"
    return "trl" if {"prompt", "completions", "labels"} <= keys else None


def to_row(verified: VerifiedCandidate, kind: Format) -> Values:
    """One row of a format; raises `RecordError` where the format cannot say what we know."""
    problem, candidate, verdict = verified
    kept = problem.metadata.get("row", {}) if problem.metadata.get("format") == kind else {}
    steps = [candidate.text[step.start : step.end] for step in verdict.steps]
    labels = [step.label for step in verdict.steps]
    return _WRITERS[kind](_prompt(problem), steps, labels, verdict, kept)


def _verified(
    kind: Format,
    prompt: str,
    steps: Sequence[str],
    labels: Sequence[StepLabel],
    row: Values,
    *,
    passed: bool | None,
    answer: str = "",
) -> VerifiedCandidate:
    if len(steps) != len(labels):
        raise ValueError(f"{len(steps)} steps and {len(labels)} labels")
    if not all(isinstance(text, str) for text in (prompt, *steps)):
        raise ValueError("the prompt or a step is not text")
    text = "".join(steps)
    digest = hashlib.sha256(f"{prompt}\0{text}".encode()).hexdigest()[:16]
    id = str(row.get("id") or f"{kind}-{digest}")
    ends = [0]
    for step in steps:
        ends.append(ends[-1] + len(step))
    right = labels.count("incorrect") == 0 if passed is None else passed
    return (
        MathProblem(
            id=id,
            prompt=prompt,
            reference=MathReference(answer=answer),
            metadata={"format": kind, "row": row},
        ),
        Candidate(problem_id=id, index=0, text=text),
        Verdict(
            problem_id=id,
            index=0,
            outcome="passed" if right else "failed",
            score=1.0 if right else 0.0,
            reason=f"as labelled in {kind}",
            steps=tuple(
                StepVerdict(start=a, end=b, label=label, reason="as labelled")
                for (a, b), label in zip(pairwise(ends), labels, strict=True)
            ),
        ),
    )


def _joined(steps: Sequence[str], between: str) -> list[str]:
    """The steps as pieces of one text, each with the separator behind it but the last."""
    return [step + between for step in steps[:-1]] + list(steps[-1:])


def _apart(steps: Sequence[str], between: str) -> list[str]:
    return [step.removesuffix(between) for step in steps[:-1]] + list(steps[-1:])


def _prompt(problem: Problem) -> str:
    prompt = problem.prompt
    return prompt if isinstance(prompt, str) else "\n".join(turn["content"] for turn in prompt)


def _sure(labels: Sequence[StepLabel], kind: Format) -> list[bool]:
    if "unchecked" in labels:
        raise RecordError(f"{kind} has no word for a step that is unchecked")
    return [label == "correct" for label in labels]


def _from_processbench(row: Values, neutral: Neutral) -> VerifiedCandidate:
    steps, first = list(row["steps"]), int(row["label"])
    if not -1 <= first < len(steps):
        raise ValueError(f"label: expected -1 or the number of a step (got {first})")
    right = len(steps) if first == -1 else first
    labels: list[StepLabel] = ["correct"] * right
    if first != -1:
        labels += ["incorrect", *["unchecked"] * (len(steps) - first - 1)]  # type: ignore[list-item]
    passed = row.get("final_answer_correct")
    rest = {key: value for key, value in row.items() if key not in ("problem", "steps", "label")}
    pieces = _joined(steps, "\n\n")
    return _verified("processbench", row["problem"], pieces, labels, rest, passed=passed)


def _to_processbench(
    prompt: str, steps: list[str], labels: list[StepLabel], verdict: Verdict, kept: Values
) -> Values:
    first = labels.index("incorrect") if "incorrect" in labels else -1
    if "unchecked" in labels[: first if first >= 0 else None]:
        raise RecordError("processbench needs every step up to the first error to be checked")
    row = {"problem": prompt, "steps": _apart(steps, "\n\n"), "label": first}
    return {**kept, **row} if kept else {**row, "final_answer_correct": verdict.score == 1.0}


def _from_trl(row: Values, neutral: Neutral) -> VerifiedCandidate:
    labels: list[StepLabel] = ["correct" if label else "incorrect" for label in row["labels"]]
    rest = {k: v for k, v in row.items() if k not in ("prompt", "completions", "labels")}
    pieces = _joined(list(row["completions"]), "\n")
    return _verified("trl", row["prompt"], pieces, labels, rest, passed=None)


def _to_trl(
    prompt: str, steps: list[str], labels: list[StepLabel], verdict: Verdict, kept: Values
) -> Values:
    row = {"prompt": prompt, "completions": _apart(steps, "\n"), "labels": _sure(labels, "trl")}
    return {**kept, **row}


def _from_shepherd(row: Values, neutral: Neutral) -> VerifiedCandidate:
    at = row["input"].find(FIRST_STEP)
    prompt, text = (row["input"][:at], row["input"][at:]) if at > 0 else ("", row["input"])
    *steps, tail = text.split(TAG)
    if not steps:
        raise ValueError(f"input: no step ends with {TAG}")
    labels, place = [], len(prompt)
    for step in steps:
        place += len(step)
        sign = row["label"][place : place + 1]
        if sign not in ("+", "-"):
            raise ValueError("label: no + or - where the step ends")
        labels.append(sign)
        place += 1
    words: dict[str, StepLabel] = {"+": "correct", "-": "incorrect"}
    rest = {key: value for key, value in row.items() if key not in ("input", "label")}
    rest["tail"] = tail
    named = [words[sign] for sign in labels]
    return _verified("math-shepherd", prompt, steps, named, rest, passed=labels[-1] == "+")


def _to_shepherd(
    prompt: str, steps: list[str], labels: list[StepLabel], verdict: Verdict, kept: Values
) -> Values:
    if not steps:
        raise RecordError("math-shepherd has no form for a solution without steps")
    signs = ["+" if right else "-" for right in _sure(labels, "math-shepherd")]
    rest = dict(kept)
    tail = rest.pop("tail", "")
    if not kept:  # its own steps are numbered, each with a blank before the tag
        steps = [f"Step {i}: {step.strip()} " for i, step in enumerate(steps, 1)]
        steps = [steps[0], *(f"\n{step}" for step in steps[1:])]
        prompt = f"{prompt.rstrip()} "
    return {
        "input": prompt + "".join(step + TAG for step in steps) + tail,
        "label": prompt + "".join(s + sign for s, sign in zip(steps, signs, strict=True)) + tail,
        **rest,
    }


def _from_prm800k(row: Values, neutral: Neutral) -> VerifiedCandidate:
    steps: list[str] = []
    labels: list[StepLabel] = []
    named: dict[int | None, StepLabel] = {1: "correct", 0: neutral, -1: "incorrect"}
    for step in row["label"]["steps"]:
        taken = _chosen(step)
        if taken is None:
            break
        steps.append(str(taken["text"]))
        labels.append(named.get(taken["rating"], "unchecked"))
    answer = str(row["question"].get("ground_truth_answer") or "")
    solved = row["label"].get("finish_reason") == "solution"
    passed = solved and "incorrect" not in labels
    pieces = _joined(steps, "\n")
    prompt = row["question"]["problem"]
    return _verified("prm800k", prompt, pieces, labels, row, passed=passed, answer=answer)


def _chosen(step: Values) -> Values | None:
    """The completion that the path takes: chosen, written by a person, or the only one rated."""
    if step["chosen_completion"] is not None:
        return dict(step["completions"][step["chosen_completion"]])
    if step["human_completion"]:
        return dict(step["human_completion"]) | {"rating": 1}
    return dict(step["completions"][0]) if step["completions"] else None


def _to_prm800k(
    prompt: str, steps: list[str], labels: list[StepLabel], verdict: Verdict, kept: Values
) -> Values:
    if kept:  # alternatives, labellers and times are known to this row alone
        return kept
    rated = [
        {
            "completions": [{"text": text, "rating": RATINGS[label], "flagged": None}],
            "human_completion": None,
            "chosen_completion": 0,
        }
        for text, label in zip(_apart(steps, "\n"), labels, strict=True)
    ]
    reason = "found_error" if "incorrect" in labels else "solution"
    question = {"problem": prompt, "ground_truth_answer": None}
    return {"question": question, "label": {"steps": rated, "finish_reason": reason}}


_READERS: dict[Format, Callable[[Values, Neutral], VerifiedCandidate]] = {
    "prm800k": _from_prm800k,
    "math-shepherd": _from_shepherd,
    "processbench": _from_processbench,
    "trl": _from_trl,
}
_WRITERS: dict[Format, Callable[[str, list[str], list[StepLabel], Verdict, Values], Values]] = {
    "prm800k": _to_prm800k,
    "math-shepherd": _to_shepherd,
    "processbench": _to_processbench,
    "trl": _to_trl,
}
FORMATS: tuple[Format, ...] = get_args(Format)
