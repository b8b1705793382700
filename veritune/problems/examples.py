"""Solved problems: the text of a problem's own solution, and few-shot examples from a file."""

from __future__ import annotations

from veritune.errors import InputError
from veritune.problems.inputs import read_problems
from veritune.records import CodeProblem, Problem

# A file of more is a training set that was named by mistake: every prompt would hold it whole.
MOST = 64


def reference_solution(problem: Problem) -> str | None:
    """The text of a problem's own solution, where it has one."""
    if isinstance(problem, CodeProblem):
        return problem.reference.solution
    reference = problem.reference
    if reference.solution is not None:
        return reference.solution
    if not reference.answer:
        return None
    return "\n".join([*reference.steps, f"\\boxed{{{reference.answer}}}"])


def read_examples(path: str) -> list[tuple[Problem, str]]:
    """The solved problems of a file, each with its solution as a model would write it.

    Raises `InputError` where one has no solution, or there are none or too many.
    """
    problems = read_problems(path)
    if not 0 < len(problems) <= MOST:
        raise InputError(
            f"prompt.examples: {path}: holds {len(problems)} problems; give 1 to {MOST}, since all"
            " of them are shown before every prompt"
        )
    return [(problem, _written(problem, path)) for problem in problems]


def _written(problem: Problem, path: str) -> str:
    text = reference_solution(problem)
    if text is None:
        raise InputError(f"prompt.examples: {path}: problem '{problem.id}' has no solution")
    return f"```python\n{text}\n```" if problem.kind == "code" and "```" not in text else text
