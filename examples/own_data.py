"""Problems of your own: from your rows to a file of problems whose references pass.

    python examples/own_data.py

A row becomes a `MathProblem` (an answer to compare with) or a `CodeProblem` (tests to run in the
sandbox). The file is what `veritune sample`, `verify`, `train` and recipes (`problems.path`) read.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from veritune.files import write_records
from veritune.problems import read_problems, reference_solution
from veritune.records import (
    AssertTests,
    Candidate,
    CodeProblem,
    CodeReference,
    MathProblem,
    MathReference,
    Problem,
    Verdict,
)
from veritune.rounds import open_session

SUMS = [("How many legs have three cats?", "12"), ("What is half of 7/2?", "7/4")]
FUNCTIONS = [
    (
        "Write `double(x)`.",
        "assert double(2) == 4\nassert double('a') == 'aa'",
        "def double(x):\n    return x + x",
    )
]


def problems() -> list[Problem]:
    """Every row as a problem, with an id that stays."""
    math: list[Problem] = [
        MathProblem(
            id=f"sum-{number}",
            prompt=f"{question} End with the answer in \\boxed{{}}.",
            reference=MathReference(answer=answer, solution=f"\\boxed{{{answer}}}"),
        )
        for number, (question, answer) in enumerate(SUMS)
    ]
    code: list[Problem] = [
        CodeProblem(
            id=f"function-{number}",
            prompt=question,
            reference=CodeReference(tests=AssertTests(code=tests), solution=solution),
        )
        for number, (question, tests, solution) in enumerate(FUNCTIONS)
    ]
    return [*math, *code]


async def checked(path: Path) -> list[Verdict]:
    """The verdicts on the reference solutions of a file; `veritune validate` does the same."""
    pairs = [
        (problem, Candidate(problem_id=problem.id, index=0, text=solution))
        for problem in read_problems(str(path))
        if (solution := reference_solution(problem)) is not None
    ]
    async with open_session() as session:
        return await session.verify(pairs)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        file = Path(folder) / "problems.jsonl"
        write_records(file, problems())
        for verdict in asyncio.run(checked(file)):
            print(verdict.problem_id, verdict.outcome, verdict.reason)
