"""What counts as the same answer: the knobs, each with its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """How two answers are compared. The defaults are meant for rewards."""

    # Whether bare lists such as `1, 2` must come in the reference's order; tuples always must.
    order_matters: bool = False
    # Whether 2/4 is accepted where the reference is 1/2.
    unreduced_fractions: bool = True
    # Whether an answer without the reference's unit is refused; a wrong unit always is.
    units_required: bool = False
    # Whether 50% and 1/2 are the same.
    percent_as_fraction: bool = True
    # Largest relative error of a decimal against an exact reference. A reference printed as a
    # decimal is always matched at its own printed precision, two exact numbers never differ.
    tolerance: float = 0.0
    # Whether a reference such as `1,22` may be the number 1.22 as well as two numbers.
    decimal_comma: bool = False
    # Whether f(x) and f(y) are the same although x and y are free.
    rename_variables: bool = False
    # Whether an inequality is accepted where the reference is a set or interval.
    sets_as_inequalities: bool = True


DEFAULT = AnswerPolicy()
