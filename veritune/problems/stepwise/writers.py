"""From records to a row of a format; raises `RecordError` where it cannot say what we know."""

from __future__ import annotations

from dataclasses import dataclass

from veritune.errors import RecordError
from veritune.problems.stepwise.labelled import Values, VerifiedCandidate
from veritune.problems.stepwise.readers import TAG
from veritune.records import StepLabel

# PRM800K has no word for a step that was not wholly checked.
RATINGS: dict[StepLabel, int | None] = {
    "verified": 1,
    "incorrect": -1,
    "consistent": None,
    "unchecked": None,
}


@dataclass(frozen=True, slots=True)
class Solution:
    """What is written. `own`: it was read from this format, and `kept` is the rest of
    its row.

    `raw` are the steps as they stand in the text, `steps` without what stands between them.
    """

    prompt: str
    raw: list[str]
    steps: list[str]
    labels: list[StepLabel]
    scores: list[float | None]
    passed: bool
    own: bool
    kept: Values

    @property
    def first_error(self) -> int | None:
        """The index of the first wrong step."""
        return self.labels.index("incorrect") if "incorrect" in self.labels else None

    def decided(self, kind: str) -> list[bool]:
        """Right or wrong of every step."""
        if open_ := next((label for label in self.labels if label not in RIGHT), None):
            raise RecordError(
                f"{kind} has no word for a step that is {open_}; with --until-error steps behind"
                " the first error are left out"
            )
        return [label == "verified" for label in self.labels]

    def labelled(self, kind: str, key: str) -> list[object]:
        """Labels as the row had them, else soft ones where there are any, else True and False."""
        if key in self.kept:
            return list(self.kept[key])[: len(self.labels)]
        hard = self.decided(kind)
        pairs = zip(hard, self.scores, strict=True)
        return [right if score is None else score for right, score in pairs]

    def signs(self, kind: str) -> list[str]:
        """`+` or `-` of every step."""
        if not self.labels:
            raise RecordError(f"{kind} has no form for a solution without steps")
        return ["+" if right else "-" for right in self.decided(kind)]


# Labels that a format of right and wrong has words for.
RIGHT = frozenset({"verified", "incorrect"})


def solution_of(verified: VerifiedCandidate, kind: str) -> Solution:
    """What a writer needs, from records."""
    problem, candidate, verdict = verified
    read_from = problem.metadata.get("format")
    row = problem.metadata.get("row")
    raw = [candidate.text[step.start : step.end] for step in verdict.steps]
    between = problem.metadata.get("between")
    if between is None or (not between and read_from != kind):
        steps = [step.strip() for step in raw]
    else:
        steps = [step.removesuffix(str(between)) for step in raw[:-1]] + raw[-1:]
    prompt = problem.prompt
    return Solution(
        prompt if isinstance(prompt, str) else "\n".join(turn["content"] for turn in prompt),
        raw,
        steps,
        [step.label for step in verdict.steps],
        [step.score for step in verdict.steps],
        verdict.score == 1.0,
        read_from == kind,
        dict(row) if read_from == kind and isinstance(row, dict) else {},
    )


def processbench(it: Solution) -> Values:
    """See the readers for what each format looks like."""
    first = it.first_error
    if any(label not in RIGHT for label in it.labels[:first]):
        raise RecordError("processbench needs every step up to the first error to be decided")
    row = {"problem": it.prompt, "steps": it.steps, "label": -1 if first is None else first}
    return {**it.kept, **row} if it.own else {**row, "final_answer_correct": it.passed}


def trl(it: Solution) -> Values:
    """Soft labels are written as they are."""
    row = {
        "prompt": it.prompt,
        "completions": it.steps,
        "labels": it.labelled("trl", "labels"),
    }
    return {**it.kept, **row}


def math_shepherd(it: Solution) -> Values:
    """Its own steps are numbered, each with a blank before the tag."""
    signs = it.signs("math-shepherd")
    rest = dict(it.kept)
    tail = rest.pop("tail", "")
    steps, prompt = (it.raw, it.prompt) if it.own else (_numbered(it), f"{it.prompt.rstrip()} ")
    return {
        "input": prompt + "".join(step + TAG for step in steps) + tail,
        "label": prompt + "".join(s + sign for s, sign in zip(steps, signs, strict=True)) + tail,
        **rest,
    }


def openrlhf(it: Solution) -> Values:
    """Math-Shepherd's `input` with the labels in a list."""
    rest = dict(it.kept)
    tail = rest.pop("tail", "")
    steps, prompt = (it.raw, it.prompt) if it.own else (_numbered(it), f"{it.prompt.rstrip()} ")
    key = "label" if "label" in rest else "value"
    soft = any(score is not None for score in it.scores)
    values = it.labelled("openrlhf", key) if it.own or soft else it.signs("openrlhf")
    return {**rest, "input": prompt + "".join(s + TAG for s in steps) + tail, key: values}


def rlhflow(it: Solution) -> Values:
    """A turn a step, and its sign."""
    signs = it.signs("rlhflow")
    steps = it.steps if it.own else [step.strip() for step in _numbered(it)]
    space = "" if it.own else " "
    told = [f"{it.prompt}{space}{steps[0]}", *steps[1:]]
    turns = [
        turn
        for step, sign in zip(told, signs, strict=True)
        for turn in (
            {"role": "user", "content": step},
            {"role": "assistant", "content": sign},
        )
    ]
    return {**it.kept, "conversations": turns}


def prm800k(it: Solution) -> Values:
    """Alternatives, labellers and times are known to a row that was read alone."""
    if it.own:
        return it.kept
    rated = [
        {
            "completions": [{"text": text, "rating": RATINGS[label], "flagged": None}],
            "human_completion": None,
            "chosen_completion": 0,
        }
        for text, label in zip(it.steps, it.labels, strict=True)
    ]
    reason = "solution" if it.first_error is None else "found_error"
    question = {"problem": it.prompt, "ground_truth_answer": None}
    return {"question": question, "label": {"steps": rated, "finish_reason": reason}}


def _numbered(it: Solution) -> list[str]:
    """`Step k: ... `, a line each; a number that stands there already is not said twice."""
    texts = [
        step if step.startswith(f"Step {number}:") else f"Step {number}: {step.strip()}"
        for number, step in enumerate(it.steps, 1)
    ]
    return [f"{texts[0]} ", *(f"\n{text} " for text in texts[1:])] if texts else []
