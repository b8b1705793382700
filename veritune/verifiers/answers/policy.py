"""What counts as the same answer: the knobs, each with its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """How two answers are compared. The defaults are meant for rewards."""

    order_matters: bool = False
    """Whether bare lists such as `1, 2` must come in the reference's order."""
    unreduced_fractions: bool = True
    """Whether 2/4 is accepted where the reference is 1/2."""
    units_required: bool = False
    """Whether an answer without the reference's unit is refused."""
    percent_as_fraction: bool = True
    """Whether 50% and 1/2 are the same."""


DEFAULT = AnswerPolicy()
