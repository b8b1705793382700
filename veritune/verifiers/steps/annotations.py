"""GSM8K's calculator annotations: `<<48/2=24>>`, a step a line."""

from __future__ import annotations

import re

from veritune.records import StepLabel, StepVerdict
from veritune.verifiers.steps.arithmetic import Unreadable, evaluate, places, printed, rounds_to

_ANNOTATION = re.compile(r"<<([^<>=]*)=([^<>=]*)>>")
_LINE = re.compile(r"[^\n]*\n+|[^\n]+")


def check_annotations(text: str) -> tuple[StepVerdict, ...]:
    """One verdict a line; a line without a readable annotation is unchecked."""
    return tuple(_check_line(match) for match in _LINE.finditer(text))


def _check_line(match: re.Match[str]) -> StepVerdict:
    label: StepLabel = "unchecked"
    reason = "no equation that rules can check"
    for claim in _ANNOTATION.finditer(match[0]):
        label, reason = check_claim(claim[1], claim[2])
        if label == "incorrect":
            break
    return StepVerdict(start=match.start(), end=match.end(), label=label, reason=reason)


def check_claim(expression: str, shown: str) -> tuple[StepLabel, str]:
    """Whether an expression has the value shown, at the precision it is printed with."""
    try:
        value, claimed = evaluate(expression), evaluate(shown)
    except Unreadable as error:
        return "unchecked", f"{expression}={shown}: {error}"
    decimals = places(shown.strip())
    if rounds_to(value, claimed, decimals):
        return "correct", f"{expression}={shown}"
    return "incorrect", f"{expression} is {printed(value, decimals)}, not {shown}"
