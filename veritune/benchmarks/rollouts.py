"""How well step labels from rollouts agree with those that rules give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from veritune.records import StepVerdict


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rates are None where there is nothing to take them of."""

    steps: int
    # Of steps up to the first one that rules call incorrect; later ones have no agreed label.
    same_label: float | None
    solutions: int
    # Of solutions: those in which both find the same first error, or both none.
    same_error: float | None


def agreement(
    labelled: Sequence[tuple[Sequence[StepVerdict], Sequence[StepVerdict]]],
) -> Agreement:
    """From pairs of (by rollouts, by rules) with the same steps.

    Steps that either leaves unchecked do not count, nor do solutions that rules left unchecked
    up to the first error that they found.
    """
    compared: list[bool] = []
    errors: list[bool] = []
    for rollouts, rules in labelled:
        first = first_error(rules)
        checked = rules if first is None else rules[: first + 1]
        pairs = list(zip(rollouts, checked, strict=False))
        compared += [
            (one.label == "incorrect") == (other.label == "incorrect")
            for one, other in pairs
            if "unchecked" not in (one.label, other.label)
        ]
        if all(step.label != "unchecked" for step in checked):
            errors.append(first_error(rollouts) == first)
    return Agreement(
        steps=len(compared),
        same_label=sum(compared) / len(compared) if compared else None,
        solutions=len(errors),
        same_error=sum(errors) / len(errors) if errors else None,
    )


def first_error(steps: Sequence[StepVerdict]) -> int | None:
    """The index of the first incorrect step."""
    return next((at for at, step in enumerate(steps) if step.label == "incorrect"), None)
