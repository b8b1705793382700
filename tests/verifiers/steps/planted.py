"""Faults planted in GSM8K solutions: one number, operator, sign or term of one equation changed.

The equations are found by a plain pattern, not by the checker under test: arithmetic without
words, then `=` and a number. A fault counts only if it makes the equation false.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from veritune.verifiers.steps.arithmetic import Unreadable, evaluate

EQUATION = re.compile(
    r"(?<![\w.,/+*$)-])(?P<left>\$?\d[\d.,]*(?:[ ]?[-+*/x][ ]?\$?\d[\d.,]*)+)"
    r"[ ]?=[ ]?(?:\$?<<[^>]*>>)?\$?(?P<right>\d[\d,]*(?:\.\d+)?)(?![\d%/]|\.\d| ?[-+*/x] ?\$?\d)"
)
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
KINDS = ("number", "operator", "sign", "term")


@dataclass(frozen=True)
class Planted:
    """The changed text, and where in it the fault is."""

    kind: str
    text: str
    at: int


def equations(text: str) -> Iterator[re.Match[str]]:
    """Equations that hold exactly."""
    for match in EQUATION.finditer(text):
        if holds(match["left"], match["right"]):
            yield match


def holds(left: str, right: str) -> bool:
    try:
        return evaluate(left.rstrip(".,")) == evaluate(right)
    except Unreadable:
        return False


def plant(text: str, kind: str, rng: Random) -> Planted | None:
    """A fault of a kind in one of the text's equations, or None if it has none to take it."""
    found = list(equations(text))
    rng.shuffle(found)
    for match in found:
        for _ in range(5):
            changed = change(match["left"], match["right"], kind, rng)
            if changed is None or holds(*changed):
                continue
            inner = match[0].replace(match["left"], changed[0], 1)
            cut = inner.rindex(match["right"])
            inner = inner[:cut] + changed[1]
            whole = text[: match.start()] + inner + text[match.end() :]
            return Planted(kind, whole, match.start())
    return None


def change(left: str, right: str, kind: str, rng: Random) -> tuple[str, str] | None:
    if kind == "number":
        if rng.random() < 0.5:
            return left, other_number(right, rng)
        spots = list(NUMBER.finditer(left))
        spot = rng.choice(spots)
        return left[: spot.start()] + other_number(spot[0], rng) + left[spot.end() :], right
    operators = [at for at, char in enumerate(left) if char in "+-*/x" and at]
    at = rng.choice(operators)
    if kind == "operator":
        new = rng.choice([sign for sign in "+-*/" if sign != left[at].replace("x", "*")])
        return left[:at] + new + left[at + 1 :], right
    if kind == "sign":
        swapped = {"+": "-", "-": "+"}.get(left[at])
        return None if swapped is None else (left[:at] + swapped + left[at + 1 :], right)
    if len(operators) < 2:
        return None
    return left[: operators[-1]].rstrip(), right


def other_number(shown: str, rng: Random) -> str:
    shown = shown.lstrip("$")
    value = Fraction(shown.replace(",", ""))
    decimals = len(shown.partition(".")[2])
    step = Fraction(1, 10**decimals)
    new = value + rng.choice([1, 2, 3, 10, -1]) * step
    return shown if new <= 0 else f"{float(new):.{decimals}f}"
