"""What a comparison concluded, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relation = Literal[
    "equal", "different", "unparsed candidate", "unparsed reference", "limit reached"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a candidate's answer relates to the reference, with both sides as understood."""

    relation: Relation
    gold: str
    pred: str
    detail: str = ""
    # Whether it was the machine that ran out of time, and not the candidate.
    machine: bool = False

    @property
    def equal(self) -> bool:
        return self.relation == "equal"

    @property
    def reason(self) -> str:
        """One line for a person: what was compared with what."""
        text = f"{self.relation}: {shown(self.pred)} against {shown(self.gold)}"
        return f"{text} ({self.detail})" if self.detail else text


def shown(text: str, longest: int = 120) -> str:
    """A side on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
