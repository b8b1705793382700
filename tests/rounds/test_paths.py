"""What makes two solutions the same, and what a selected candidate counts."""

import pytest

from veritune.config import SelectionConfig
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
from veritune.rounds.measures import VerifiedCandidate
from veritune.rounds.paths import solution_path
from veritune.rounds.selection import examples, select

MATH = MathProblem(id="m", prompt="?", reference=MathReference(answer="4"))
CODE = CodeProblem(
    id="c", prompt="?", reference=CodeReference(tests=AssertTests(code="assert f(1) == 2"))
)


@pytest.mark.parametrize(
    ("problem", "one", "other", "same"),
    [
        (MATH, "First 1+1=2, then 2*2=4.", "So 1 + 1 = 2; hence 2 * 2 = $4", True),
        (MATH, "1+1=2, then 2*2=4", "2+2=4", False),
        (MATH, "No equations.", "None here.", False),
        (CODE, "def f(x):\n    return x + 1", "def f(y):  # one more\n\n  return y+1", True),
        (
            CODE,
            "def f(x):\n    'Add.'\n    return x + 1",
            "```python\ndef f(n):return n+1\n```",
            True,
        ),
        (CODE, "def f(x):\n    return x + 1", "def f(x):\n    return 1 + x", False),
        (CODE, "def f(x):\n    return len(x)", "def f(x):\n    return sum(x)", False),
        (CODE, "def f(a, b):\n    return a - b", "def f(a, b):\n    return b - a", False),
        (CODE, "def f(:", "def g(:", False),
    ],
)
def test_the_same_path_written_differently(
    problem: Problem, one: str, other: str, same: bool
) -> None:
    assert (solution_path(problem, one) == solution_path(problem, other)) == same


def verified(index: int, text: str, passed: bool, score: float | None = None) -> VerifiedCandidate:
    verdict = Verdict(
        problem_id="m",
        index=index,
        outcome="passed" if passed else "failed",
        score=float(passed) if score is None else score,
        reason="",
    )
    return MATH, Candidate(problem_id="m", index=index, text=text), verdict


ROWS = [
    verified(0, "1+1=2 so 4", True, 0.5),
    verified(1, "1 + 1 = 2, so 4", True),
    verified(2, "2+2=4", True),
    verified(3, "2+2=5", False),
]


def test_distinct_paths_are_fewer_than_distinct_texts() -> None:
    by_text = select(ROWS, SelectionConfig())
    by_path = select(ROWS, SelectionConfig(distinct="path"))
    assert [row[1].index for row in by_text] == [0, 1, 2]
    assert [row[1].index for row in by_path] == [0, 2]


def test_weights_by_score_and_by_how_rarely_a_problem_is_solved() -> None:
    chosen = select(ROWS, SelectionConfig())
    assert [e.weight for e in examples(chosen, ROWS, "equal")] == [1.0, 1.0, 1.0]
    assert [e.weight for e in examples(chosen, ROWS, "score")] == [0.5, 1.0, 1.0]
    assert [e.weight for e in examples(chosen, ROWS, "inverse_pass_rate")] == [0.5, 0.5, 0.5]
    always = ROWS[:3]
    assert examples(chosen, always, "inverse_pass_rate")[0].weight == pytest.approx(1 / 3)
