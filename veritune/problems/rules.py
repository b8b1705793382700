"""The step rules of the data sets, by the name that a problem's reference gives."""

from __future__ import annotations

from veritune.errors import RecordError
from veritune.problems.datasets import DATASETS
from veritune.records import CodeProblem, MathProblem, Problem, StepVerdict


def check_by_rule(problem: MathProblem, text: str) -> tuple[StepVerdict, ...] | None:
    """Verdicts on the steps of a solution by the data set's own rule; None where it has none.

    Raises `RecordError` for a rule that no data set has.
    """
    rule = problem.reference.step_rule
    if rule is None:
        return None
    found = DATASETS[rule.name].check_steps if rule.name in DATASETS else None
    if found is None:
        known = ", ".join(one.name for one in DATASETS.values() if one.check_steps is not None)
        raise RecordError(
            f"reference.step_rule.name: no rule is called {rule.name!r}; known: {known}"
        )
    return found(problem, rule.settings, text)


def check_rule(problem: Problem, where: str) -> None:
    """Raise `RecordError`, beginning with `where`, for a wrong step rule or wrong settings of it.

    Done once, where a problem is read, so that a mistake is told before anything is verified.
    """
    if isinstance(problem, CodeProblem):
        return
    try:
        check_by_rule(problem, "")
    except RecordError as error:
        raise RecordError(f"{where}: {error}") from None
