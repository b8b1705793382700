"""What the earlier steps of a solution left behind: values, errors, and what was rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from veritune.algebra import Node
from veritune.verifiers.steps.calculations import numbers_of

_NUMBER = re.compile(r"(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+")


@dataclass(slots=True)
class Ledger:
    """`wrong` maps a value that should not be to the number of the step that claimed it."""

    rounded: dict[Fraction, Fraction] = field(default_factory=dict)
    wrong: dict[Fraction, int] = field(default_factory=dict)
    # The value computed last, and where in the text that ended.
    last: Fraction | None = None
    last_end: int = 0

    def carried(self, node: Node) -> int | None:
        """The wrong step whose value a calculation starts from, if any."""
        if not self.wrong:
            return None
        values = (abs(Fraction(number.value)) for number in numbers_of(node))
        return next((self.wrong[value] for value in values if value in self.wrong), None)


def numbers_in(text: str) -> set[Fraction]:
    """All numbers as printed, however their thousands are set apart."""
    found = set()
    for shown in _NUMBER.findall(text):
        digits = shown.replace(",", "").replace(" ", "")
        if len(digits) < 40:
            found.add(Fraction(digits))
        found |= {Fraction(part) for part in shown.split(" ") if part.isdigit() and len(part) < 40}
    return found
