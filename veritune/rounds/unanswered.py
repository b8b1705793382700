"""Problems without a known answer, where rules alone must decide: refused before any is sampled."""

from __future__ import annotations

from collections.abc import Iterable

from veritune.config import VerifierConfig
from veritune.errors import RecipeError
from veritune.records import MathProblem, Problem


def check_answered(
    config: VerifierConfig, problems: Iterable[Problem], key: str = "verifier.type"
) -> None:
    """Raise `RecipeError` where every verdict on math would be a verifier error.

    `key` is what says who decides. Where some problems have an answer, the others are verifier
    errors that are counted.
    """
    answers = [p.reference.answer for p in problems if isinstance(p, MathProblem)]
    if answers and not any(map(str.strip, answers)) and set(config.deciders) == {"rules"}:
        raise RecipeError(
            f"{key}: rules compare with a known answer, and no problem has one; name own code, a"
            " judge or a reward model, or the column that holds the answers"
        )
