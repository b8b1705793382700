"""The calls without `await`: in a script, and where a loop runs already, as in a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

import veritune
from veritune.config import check_recipe
from veritune.errors import InputError, MissingFileError
from veritune.records import Candidate, MathProblem, MathReference
from veritune.rounds import NullProgress

SUMS = [
    MathProblem(id=f"p{n}", prompt=f"{n}+1?", reference=MathReference(answer=str(n + 1)))
    for n in range(3)
]
TEXTS = ["\\boxed{1}", "\\boxed{3}", "I do not know."]


def outcomes(*given: object) -> list[str]:
    return [verdict.outcome for verdict in veritune.verify(*given)]  # type: ignore[arg-type]


def test_a_script_verifies() -> None:
    assert outcomes(SUMS, TEXTS) == ["passed", "failed", "failed"]
    several = [Candidate(problem_id="p1", index=i, text=f"\\boxed{{{i}}}") for i in range(3)]
    assert outcomes(SUMS, several) == ["failed", "failed", "passed"]
    with pytest.raises(ValueError, match="2 texts for 3 problems"):
        veritune.verify(SUMS, TEXTS[:2])
    with pytest.raises(ValueError, match="no problem 'p9'"):
        veritune.verify(SUMS, [Candidate(problem_id="p9", index=0, text="")])


def test_files_are_read_as_by_the_command(tmp_path: Path) -> None:
    problems, candidates = tmp_path / "P.jsonl", tmp_path / "C.jsonl"
    problems.write_text('{"id": "a", "question": "1+1?", "answer": 2}\n')
    candidates.write_text('{"problem_id": "a", "index": 0, "text": "\\\\boxed{2}"}\n')
    assert outcomes(problems, candidates) == ["passed"]
    with pytest.raises(MissingFileError):
        veritune.verify(tmp_path / "none.jsonl", candidates)


async def test_where_a_loop_runs_already(tmp_path: Path) -> None:
    assert outcomes(SUMS, TEXTS) == ["passed", "failed", "failed"]
    recipe = check_recipe(
        {
            "output": str(tmp_path),
            "model": {"scratch": {"layers": 1, "width": 16, "heads": 2, "max_length": 64}},
            "problems": {"train": 4, "test": 2, "chain": {"steps": 1}},
            "rounds": {"count": 1, "prompts": 2, "on_empty": "skip"},
            "sampler": {"n": 1, "max_tokens": 3},
            "evaluation": {"n": 1, "k": 1},
        },
        "test",
    )
    assert [row["round"] for row in veritune.improve(recipe, NullProgress())] == [0, 1]
    with pytest.raises(MissingFileError, match="no such recipe"):
        veritune.improve(tmp_path / "none.toml")


def test_a_problem_to_solve_is_text() -> None:
    with pytest.raises(InputError, match="problem: holds bytes that are no UTF-8 text"):
        veritune.solve("1 + \udcff", "none")
    with pytest.raises(InputError, match="answer: holds bytes"):
        veritune.solve("1 + 1", "none", answer="\udcff")
