"""From a row of a format to records."""

from __future__ import annotations

from veritune.problems.stepwise.labelled import (
    NEUTRAL,
    Label,
    Reading,
    Values,
    VerifiedCandidate,
    labels_of,
    verified_row,
)
from veritune.records import StepLabel

# Ends a step in Math-Shepherd's `input`.
TAG = "\u043a\u0438"
# OpenR's code ends every step with five line ends.
OPENR_TAG = "\n\n\n\n\n"
# Math-Shepherd's problem ends where its first step begins.
FIRST_STEP = "Step 1:"


def processbench(row: Values, reading: Reading) -> VerifiedCandidate:
    """`problem`, `steps`, and as `label` the index of the first wrong step, or -1."""
    steps, first = list(row["steps"]), int(row["label"])
    rest = _without(row, "problem", "steps", "label")
    labels = _first_error(len(steps), None if first == -1 else first)
    return verified_row(
        "processbench",
        row["problem"],
        steps,
        labels,
        rest,
        passed=row.get("final_answer_correct"),
        between=_between(reading, "\n\n"),
        answer=str(row.get("answer") or ""),
    )


def trl(row: Values, reading: Reading) -> VerifiedCandidate:
    """`prompt`, `completions` (the steps) and `labels`."""
    return verified_row(
        "trl",
        row["prompt"],
        list(row["completions"]),
        labels_of(row["labels"], reading),
        _without(row, "prompt", "completions"),
        passed=None,
        between=_between(reading, "\n"),
    )


def math_shepherd(row: Values, reading: Reading) -> VerifiedCandidate:
    """`input` with a tag behind every step, `label` with + or - in the tags' places."""
    prompt, steps, tail = _tagged(row["input"], TAG)
    signs, place = [], len(prompt)
    for step in steps:
        place += len(step)
        sign = row["label"][place : place + 1]
        if sign not in ("+", "-"):
            raise ValueError("label: no + or - where the step ends")
        signs.append(sign)
        place += 1
    rest = _without(row, "input", "label") | {"tail": tail}
    labels = labels_of(signs, reading)
    return verified_row("math-shepherd", prompt, steps, labels, rest, passed=signs[-1] == "+")


def openrlhf(row: Values, reading: Reading) -> VerifiedCandidate:
    """As Math-Shepherd's `input`, with a list of labels beside it, `value` or `label`."""
    key = "value" if "value" in row else "label"
    prompt, steps, tail = _tagged(row["input"], TAG)
    rest = _without(row, "input") | {"tail": tail}
    return verified_row("openrlhf", prompt, steps, labels_of(row[key], reading), rest, passed=None)


def openr(row: Values, reading: Reading) -> VerifiedCandidate:
    """OpenR and MATH-APS: `question`, `process` with a tag behind every step, list of `label`."""
    tag = TAG if TAG in row["process"] else OPENR_TAG
    steps = row["process"].split(tag)
    tail = steps.pop() if len(steps) > len(row["label"]) else ""
    if tail.strip():
        raise ValueError("process: text behind the last step's tag")
    rest = _without(row, "question", "process") | {"tag": tag}
    return verified_row(
        "openr",
        row["question"],
        [step.strip() for step in steps],
        labels_of(row["label"], reading),
        rest,
        passed=None,
        between=_between(reading, "\n"),
    )


def rlhflow(row: Values, reading: Reading) -> VerifiedCandidate:
    """`conversations` of a step by the user and + or - by the assistant, in turn.

    The first step stands behind the problem in one turn, from `Step 1:` on.
    """
    turns = row["conversations"]
    steps = [str(turn["content"]) for turn in turns if turn["role"] == "user"]
    signs = [turn["content"] for turn in turns if turn["role"] == "assistant"]
    prompt, first = _apart(steps[0])
    rest = _without(row, "conversations")
    return verified_row(
        "rlhflow",
        prompt,
        [first, *steps[1:]],
        labels_of(signs, reading),
        rest,
        passed=None,
        between=_between(reading, "\n"),
    )


def ms_swift(row: Values, reading: Reading) -> VerifiedCandidate:
    """`messages` whose assistant turns are the steps, or one turn with tags; list of `label`."""
    turns = row["messages"]
    prompt = "\n\n".join(t["content"] for t in turns if t["role"] == "user")
    steps = [str(turn["content"]) for turn in turns if turn["role"] == "assistant"]
    if len(steps) == 1 and TAG in steps[0]:
        steps = [step.strip() for step in steps[0].split(TAG) if step.strip()]
    labels = labels_of(row["label"], reading)
    rest = _without(row, "messages")
    return verified_row(
        "ms-swift", prompt, steps, labels, rest, passed=None, between=_between(reading, "\n")
    )


def prmbench(row: Values, reading: Reading) -> VerifiedCandidate:
    """The modified process, whose `error_steps`, counted from 1, are wrong."""
    steps = [str(step) for step in row["modified_process"]]
    wrong = {int(at) for at in row["error_steps"]}
    if not wrong <= set(range(1, len(steps) + 1)):
        raise ValueError("error_steps: names a step that is not there")
    labels: list[Label] = [
        ("incorrect" if at in wrong else "verified", None) for at in range(1, len(steps) + 1)
    ]
    prompt = row.get("modified_question") or row["original_question"]
    rest = {"id": row.get("idx"), "row": row}
    return verified_row(
        "prmbench", prompt, steps, labels, rest, passed=None, between=_between(reading, "\n")
    )


def big_bench_mistake(row: Values, reading: Reading) -> VerifiedCandidate:
    """`input`, `steps` and the index of the first mistake, None where there is none."""
    steps, first = [str(step) for step in row["steps"]], row["mistake_index"]
    labels = _first_error(len(steps), None if first is None else int(first))
    passed = None if row.get("target") is None else row.get("answer") == row["target"]
    return verified_row(
        "big-bench-mistake",
        row["input"],
        steps,
        labels,
        _without(row, "input", "steps"),
        passed=passed,
        between=_between(reading, "\n"),
        answer=str(row.get("target") or ""),
    )


def prm800k(row: Values, reading: Reading) -> VerifiedCandidate:
    """PRM800K's own rows: the path that the labeller took."""
    steps: list[str] = []
    labels: list[Label] = []
    named: dict[int | None, StepLabel] = {
        1: "verified",
        0: NEUTRAL[reading.neutral],
        -1: "incorrect",
    }
    for step in row["label"]["steps"]:
        taken = _chosen(step)
        if taken is None:
            break
        steps.append(str(taken["text"]))
        labels.append((named.get(taken["rating"], "unchecked"), None))
    solved = row["label"].get("finish_reason") == "solution"
    return verified_row(
        "prm800k",
        row["question"]["problem"],
        steps,
        labels,
        row,
        passed=solved and all(label != "incorrect" for label, _ in labels),
        between=_between(reading, "\n"),
        answer=str(row["question"].get("ground_truth_answer") or ""),
    )


def _chosen(step: Values) -> Values | None:
    """The completion that the path takes: chosen, written by a person, or the only one rated."""
    if step["chosen_completion"] is not None:
        return dict(step["completions"][step["chosen_completion"]])
    if step["human_completion"]:
        return dict(step["human_completion"]) | {"rating": 1}
    return dict(step["completions"][0]) if step["completions"] else None


def _first_error(count: int, first: int | None) -> list[Label]:
    """Nobody looked at what stands behind the first wrong step."""
    if first is None:
        return [("verified", None)] * count
    if not 0 <= first < count:
        raise ValueError(f"label: expected -1 or the number of a step (got {first})")
    unseen: list[Label] = [("unchecked", None)] * (count - first - 1)
    right: list[Label] = [("verified", None)] * first
    return [*right, ("incorrect", None), *unseen]


def _tagged(text: str, tag: str) -> tuple[str, list[str], str]:
    """Prompt, steps, and what stands behind the last step's tag."""
    prompt, rest = _apart(text)
    *steps, tail = rest.split(tag)
    if not steps:
        raise ValueError(f"input: no step ends with {tag}")
    return prompt, steps, tail


def _apart(text: str) -> tuple[str, str]:
    """The problem, and the steps from `Step 1:` on; where there is none all is steps."""
    at = text.find(FIRST_STEP)
    return (text[:at], text[at:]) if at > 0 else ("", text)


def _between(reading: Reading, usual: str) -> str:
    return usual if reading.separator is None else reading.separator


def _without(row: Values, *keys: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key not in keys}
