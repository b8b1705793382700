"""200 candidates of 20 problems, math and code, and the verdicts of `veritune verify` on them."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from veritune.files import read_records, write_records
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
from veritune.rounds import verify_file

PROBLEMS: list[Problem] = [
    *(
        MathProblem(id=f"m{i}", prompt=f"What is {i}/4?", reference=MathReference(answer=f"{i}/4"))
        for i in range(1, 18)
    ),
    *(
        CodeProblem(
            id=f"c{i}",
            prompt=f"Write `add{i}(a)`.",
            reference=CodeReference(tests=AssertTests(code=f"assert add{i}(1) == {1 + i}")),
        )
        for i in range(3)
    ),
]
BY_ID = {problem.id: problem for problem in PROBLEMS}


def _text(problem: Problem, index: int) -> str:
    if isinstance(problem, MathProblem):
        value = int(problem.id[1:]) + index % 3
        return [f"so \\boxed{{{value}/4}}", f"The answer is {value / 4}", f"#### {value}/4"][
            index // 3 % 3
        ]
    number = int(problem.id[1:])
    return f"```python\ndef add{number}(a):\n    return a + {number + index % 2}\n```"


CANDIDATES = [
    Candidate(problem_id=problem.id, index=index, text=_text(problem, index))
    for problem in PROBLEMS
    for index in range(10)
]


def row_of(problem: Problem) -> dict[str, object]:
    """A row of a user's data, without any id of ours."""
    if isinstance(problem, MathProblem):
        return {"prompt": problem.prompt, "answer": problem.reference.answer, "test_list": None}
    assert isinstance(problem.reference.tests, AssertTests)
    tests = problem.reference.tests.code.splitlines()
    return {"prompt": problem.prompt, "answer": None, "test_list": tests}


ROWS = [row_of(BY_ID[candidate.problem_id]) for candidate in CANDIDATES]
TEXTS = [candidate.text for candidate in CANDIDATES]


@cache
def scores() -> list[float | None]:
    """What `veritune verify` says of them."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("P.jsonl", "C.jsonl", "V.jsonl")]
        write_records(paths[0], PROBLEMS)
        write_records(paths[1], CANDIDATES)
        asyncio.run(verify_file(*paths))
        found = [verdict.score for verdict in read_records(paths[2], Verdict)]
    assert 60 < found.count(1.0) < 140 and None not in found
    return found
