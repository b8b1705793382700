"""Errors of a word problem's set-up that show in its numbers, though every calculation holds.

A number of things that is below zero, people who are not whole, and 10% that are taken for 0.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from veritune.verifiers.steps.annotations import Finding
from veritune.verifiers.steps.arithmetic import value_of
from veritune.verifiers.steps.calculations import (
    has_percent,
    is_negative,
    takes_away,
    without_percent,
)
from veritune.verifiers.steps.equations import Equality

_FORMAL = re.compile(r"\\|[A-Za-z]\s?[=^]|\^|(?<![A-Za-z'’])[b-hj-z](?![A-Za-z'’.])")  # noqa: RUF001
# What may be below zero, in the question or the step.
_SIGNED = re.compile(
    r"temperature|degree|celsius|fahrenheit|below zero|sea level|elevation|altitude|\bdebt|negative"
    r"|coordinate|\bgolf|\bpar\b|overdra|vector|integer|number line",
    re.IGNORECASE,
)
# What makes a difference in the step one that may have either sign.
_COMPARING = re.compile(
    r"\b(?:differ\w*|chang(?:e|ed|es) (?:in|of|by)|net|decreas\w*|declin\w*|drop\w*|los[est]\w*|off"
    r"|short|behind|because|fewer|worse|deficit|would|cannot|can't|impossible|not enough|profit\w*"
    r"|ow(?:e|es|ed|ing)|balance|minus|below|enough)\b",
    re.IGNORECASE,
)
_LIVING = """
    people persons? students? pupils? children kids boys girls men women adults employees workers
    teachers players puppies kittens chickens cows sheep friends passengers members guests customers
    animals horses goats pigs soldiers visitors"""
_PART_OF_ONE = re.compile(
    rf"(?<![\w.,/$])(\d+\.\d+) (?:more |fewer |other |new )?(?:{'|'.join(_LIVING.split())})\b"
    r"(?! per| a | an |/)"
)
_ON_AVERAGE = re.compile(
    r"average|\bmean\b|\bper\b|\brate|expect|probab|estimat|\beach\b|\bevery\b|ratio|equivalent"
    r"|\babout\b|approx|round|million|thousand|hundred|billion|capita",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)  # a group of candidates has one question
def is_word_problem(question: str) -> bool:
    """Whether a question is in words alone."""
    return len(question.split()) >= 10 and _FORMAL.search(question) is None


def below_zero(equality: Equality, question: str, step: str) -> str | None:
    """Why a difference of things cannot be what it is, where that shows."""
    left, right = equality.left, equality.right
    if not (right.printed and is_negative(right.node) and takes_away(left.node)):
        return None
    if _SIGNED.search(question + step) or equality.doubt or left.value != right.value:
        return None
    return None if _COMPARING.search(step) else "a number of things is below zero"


def percent_of_one(equality: Equality) -> str | None:
    """Why `$600 - 10% = $599.90` is wrong: 10% of what it is taken from is meant."""
    left, right = equality.left, equality.right
    if not has_percent(left.node) or right.printed is None or right.percent:
        return None
    value, mixed = left.value, value_of(without_percent(left.node))
    wrong = value == right.value and value != mixed and abs(value) > 2
    return "a percentage is taken for a part of one" if wrong else None


def set_up(text: str, start: int, end: int) -> Iterator[Finding]:
    """The other errors of a set-up between two offsets."""
    if text.find(".", start, end) < 0:
        return
    for match in _PART_OF_ONE.finditer(text, start, end):
        if Fraction(match[1]).denominator != 1 and not _ON_AVERAGE.search(text, start, end):
            yield "incorrect", f"{match[0]}: people and animals come in whole numbers"
